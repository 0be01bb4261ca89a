import { describe, expect, it } from 'vitest';
import { hours, minutes, seconds } from '../../domain/time.ts';
import { doubles, jobOf as jobAt, openJobs, runners, startsOf } from './inspect.ts';
import { actionsOf, stage } from './stage.ts';
import type { Job, Run } from './state.ts';
import { workflowOf } from './workflow/workflow-of.ts';

const begin = (scene: ReturnType<typeof stage>, width = 1): Run =>
  scene.github.start({
    repository: 'acme/app',
    workflow: workflowOf('ci', [{ key: 'a', labels: ['x'], width, failFast: false }]),
  });
const jobOf = (run: Run, index = 0): Job => run.jobs[index] ?? expect.fail('no such job');

describe('a runner', () => {
  it('that never acquires its job gives it back after a minute, to whoever is there', async () => {
    const scene = stage();
    const run = begin(scene);
    const { world } = scene.github;
    const hung = scene.register('hung', ['x']);
    const { exit } = scene.start(hung, undefined, 'never-acquires');
    await scene.pass(seconds(30));
    expect(jobAt(world, hung.id)).toBe(jobOf(run));
    await scene.pass(seconds(31));
    expect(jobAt(world, hung.id)).toBeUndefined();
    scene.start(scene.register('second', ['x']));
    await scene.pass(minutes(2));
    expect(actionsOf(scene.deliveries, jobOf(run))).toBe('queued, in_progress, completed');
    expect(startsOf(jobOf(run)).map(({ runnerName }) => runnerName)).toEqual(['second']);
    await scene.pass(minutes(10));
    expect(await exit).toBe(0);
  });

  it('whose worker never starts holds its job until its time is over', async () => {
    const scene = stage();
    const run = begin(scene);
    const { exit } = scene.start(scene.register('r', ['x']), undefined, 'never-works');
    await scene.pass(hours(5));
    expect(jobOf(run).phase).toBe('in_progress');
    await scene.pass(hours(2));
    expect(jobOf(run).conclusion).toBe('cancelled');
    expect(await exit).toBe(0);
  });

  it.each(['failure', 'cancelled'] as const)(
    'that falls silent loses its job after ten minutes (%s); its process stays',
    async (lostRunnerConclusion) => {
      const scene = stage({ beliefs: { lostRunnerConclusion } });
      const run = begin(scene);
      const { exit, kill } = scene.start(scene.register('r', ['x']), undefined, 'falls-silent');
      await scene.pass(minutes(9));
      expect(runners(scene.github.world)).toMatchObject([{ name: 'r', busy: true, online: false }]);
      await scene.pass(minutes(2));
      expect(jobOf(run).conclusion).toBe(lostRunnerConclusion);
      let code: number | undefined;
      exit.then((it) => {
        code = it;
      }, expect.fail);
      await scene.pass(hours(1));
      expect(code).toBeUndefined();
      kill();
      expect(await exit).toBe(-1);
    },
  );

  it('that is killed in its job leaves it to the end of its last renewal', async () => {
    const scene = stage();
    const run = begin(scene);
    const { kill } = scene.start(scene.register('r', ['x']), () => ({
      durationMs: hours(2),
      conclusion: 'success',
    }));
    await scene.pass(hours(1) + seconds(40));
    kill();
    await scene.pass(minutes(10) - seconds(41));
    expect(jobOf(run).phase).toBe('in_progress');
    await scene.pass(seconds(2));
    expect(jobOf(run)).toMatchObject({ phase: 'completed', conclusion: 'failure' });
  });

  it.each([
    [minutes(20), 0],
    [Number.POSITIVE_INFINITY, -1],
  ])('may stay when its job is over (%d ms)', async (lingerMs, code) => {
    const scene = stage();
    const run = begin(scene);
    const { exit, kill } = scene.start(scene.register('r', ['x']), () => ({
      durationMs: minutes(1),
      conclusion: 'success',
      lingerMs,
    }));
    let ended: number | undefined;
    exit.then((it) => {
      ended = it;
    }, expect.fail);
    await scene.pass(minutes(20));
    expect([run.conclusion, ended]).toEqual(['success', undefined]);
    await scene.pass(minutes(2));
    if (code === -1) kill();
    expect(await exit).toBe(code);
  });

  it('costs the clock the same however long its job runs', async () => {
    const scene = stage();
    begin(scene);
    scene.start(scene.register('r', ['x']), () => ({ durationMs: hours(5), conclusion: 'success' }));
    await scene.pass(minutes(1));
    // The work, and GitHub's next deadline.
    expect(scene.clock.sleeping).toBe(2);
  });
});

describe('a job that is cancelled', () => {
  const stages: readonly [string, (scene: ReturnType<typeof stage>) => Promise<void>, string][] = [
    ['while it is queued', async () => {}, 'queued, completed'],
    [
      'while GitHub is late',
      async (scene) => {
        scene.github.world.faults.assignmentDelayMs = () => minutes(5);
        scene.start(scene.register('r', ['x']));
      },
      'queued, completed',
    ],
    [
      'while it is offered',
      async (scene) => {
        scene.start(scene.register('r', ['x']), undefined, 'never-acquires');
      },
      'queued, completed',
    ],
    [
      'while it runs',
      async (scene) => {
        scene.start(scene.register('r', ['x']));
      },
      'queued, in_progress, completed',
    ],
  ];

  it.each(stages)('%s ends so', async (_, prepare, told) => {
    const scene = stage();
    const run = begin(scene);
    await prepare(scene);
    await scene.pass(seconds(10));
    expect(scene.github.cancel(run).ok).toBe(true);
    await scene.pass(seconds(1));
    expect(run.conclusion).toBe('cancelled');
    expect(actionsOf(scene.deliveries, jobOf(run))).toBe(told);
    expect(openJobs(scene.github.world)).toEqual([]);
    expect(scene.github.cancel(run)).toMatchObject({ status: 409 });
  });

  it('while it waits for an approval, or behind max-parallel, never starts', async () => {
    const scene = stage();
    scene.github.createRepository({ owner: 'acme', name: 'live', protectedEnvironments: ['production'] });
    const held = { key: 'b', labels: ['x'], width: 3, maxParallel: 1 };
    const jobs = [{ key: 'a', labels: ['x'], environment: 'production' }, held];
    const run = scene.github.start({ repository: 'acme/live', workflow: workflowOf('ci', jobs) });
    expect(run.jobs.map(({ phase }) => phase)).toEqual(['waiting', 'queued', 'held', 'held']);
    scene.github.cancel(run);
    scene.start(scene.register('r', ['x']));
    await scene.pass(minutes(1));
    expect(run.conclusion).toBe('cancelled');
    expect(run.jobs.map((job) => actionsOf(scene.deliveries, job))).toEqual([
      'waiting, completed',
      'queued, completed',
      'queued, completed',
      'queued, completed',
    ]);
    expect(run.jobs.flatMap(startsOf)).toEqual([]);
  });

  it('frees its runner for another when it was only offered', async () => {
    const scene = stage();
    const { world } = scene.github;
    const [first, second] = [begin(scene), begin(scene)];
    scene.start(scene.register('r', ['x']));
    scene.github.cancel(first);
    await scene.pass(minutes(2));
    expect([first.conclusion, second.conclusion]).toEqual(['cancelled', 'success']);
    expect(doubles(world)).toEqual({ jobs: [], runners: [] });
  });
});
