import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runnerName } from '../../domain/ids.ts';
import { hours, minutes, seconds } from '../../domain/time.ts';
import { canTake } from './assignment.ts';
import { doubles, jobs, jobsRunBy, openJobs, runners } from './inspect.ts';
import { stage } from './stage.ts';
import { workflowOf } from './workflow/workflow-of.ts';

const labels = ['a', 'b', 'c'];
const someLabels = fc.subarray(labels, { minLength: 1 });
const step = fc.oneof(
  fc.record({
    kind: fc.constant('push' as const),
    labels: someLabels,
    width: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constant('runner' as const), labels: someLabels }),
  fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(9) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 120_000 }) }),
);

describe('the meeting of jobs and runners', () => {
  // What the old way, looking at all jobs and all runners each time, would have found to do.
  it('leaves no job queued beside a free runner that could have it, whatever came before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.constantFrom('oldest-first' as const, 'any' as const),
        async (steps, queueOrder) => {
          const scene = stage({ beliefs: { queueOrder } });
          const { world } = scene.github;
          const runs = [];
          for (const [index, it] of steps.entries()) {
            if (it.kind === 'push') {
              const workflow = workflowOf('ci', [{ key: 'j', labels: it.labels, width: it.width }]);
              runs.push(scene.github.start({ repository: 'acme/app', workflow }));
            } else if (it.kind === 'runner') scene.start(scene.register(`r${index}`, it.labels));
            else if (it.kind === 'cancel') {
              const run = runs[it.which];
              if (run) scene.github.cancel(run);
            } else await scene.pass(it.ms);
            await scene.pass();
            const waiting = [...jobs(world)].filter(({ phase }) => phase === 'queued');
            const free = [...world.state.runners.values()].filter((runner) => !runner.job && !runner.removed);
            for (const job of waiting) {
              const pool = { repository: job.run.repository, labels: job.labels, groupName: job.groupName };
              for (const runner of free) expect(canTake(world, runner, pool)).toBe(false);
            }
          }
          expect(doubles(world)).toEqual({ jobs: [], runners: [] });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the job that waited longest to the runner that asked first', async () => {
    const scene = stage();
    const { world } = scene.github;
    for (const name of ['first', 'second', 'third']) scene.start(scene.register(name, ['x']));
    await scene.pass();
    const start = () =>
      scene.github.start({
        repository: 'acme/app',
        workflow: workflowOf('ci', [{ key: 'a', labels: ['x'] }]),
      });
    const [one, two] = [start(), start()];
    await scene.pass();
    expect([one, two].map(({ jobs: [job] }) => job?.runner?.name)).toEqual(['first', 'second']);
    const [early, late] = [start(), start()];
    await scene.pass(seconds(1));
    expect(jobsRunBy(world, runnerName('third'))).toEqual(early.jobs);
    expect(late.jobs[0]?.phase).toBe('queued');
  });

  it('forgets nobody and keeps nobody: what is alive is found, the dead are gone', async () => {
    const scene = stage();
    const { world } = scene.github;
    const { state } = world;
    for (let n = 0; n < 50; n += 1) {
      const workflow = workflowOf('ci', [{ key: 'a', labels: ['x'], width: 2 }]);
      scene.github.start({ repository: 'acme/app', workflow });
      for (const side of ['l', 'r']) scene.start(scene.register(`${side}${n}`, ['x']));
      // A machine whose power is cut closes nothing.
      scene.start(scene.register(`k${n}`, ['x'])).kill();
      await scene.pass(minutes(2));
    }
    expect(runners(world).length).toBeLessThan(10);
    await scene.pass(hours(2));
    scene.start(scene.register('last', ['x'])).kill();
    await scene.pass();
    expect(openJobs(world)).toEqual([]);
    expect(state.sessions.size).toBe(1);
    expect([...state.markets.values()].map(({ pools, asking }) => pools.size + asking.size)).toEqual([0]);
    for (const map of [state.runners, state.runnersByClient]) expect(map.size).toBe(1);
    for (const register of state.registers.values()) {
      expect([register.runners.size, register.byName.size]).toEqual([1, 1]);
    }
    for (const repository of state.repositories.values()) expect(repository.openRuns.size).toBe(0);
    expect([...jobs(world)]).toHaveLength(100);
  });
});
