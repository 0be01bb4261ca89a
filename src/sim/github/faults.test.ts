// Each fault of GitHub's side, by what it shows to those who meet it: the port, runners. Those of webhooks
// stand in webhook-faults.test.ts.

import { describe, expect, it } from 'vitest';
import { runnerName } from '../../domain/ids.ts';
import { hours, minutes, seconds } from '../../domain/time.ts';
import type { CallFault } from './faults.ts';
import { jobsRunBy } from './inspect.ts';
import { actionsOf, stage } from './stage.ts';
import type { Job, Run } from './state.ts';
import { type SimpleJob, workflowOf } from './workflow/workflow-of.ts';

const simple: SimpleJob = { key: 'a', labels: ['x'] };
const begin = (scene: ReturnType<typeof stage>, ...jobs: SimpleJob[]): Run =>
  scene.github.start({
    repository: 'acme/app',
    workflow: workflowOf('ci', jobs.length > 0 ? jobs : [simple]),
  });
const jobOf = (run: Run, index = 0): Job => run.jobs[index] ?? expect.fail('no such job');

describe('a call', () => {
  const failing = (name: string, fault: CallFault) =>
    stage({ faults: { call: (operation) => (operation.includes(name) ? fault : { kind: 'none' }) } });

  it.each([
    [{ kind: 'refused', status: 403, retryAfterSeconds: 60 }, { kind: 'rate-limited' }],
    [
      { kind: 'refused', status: 503 },
      { kind: 'unavailable', status: 503 },
    ],
    [{ kind: 'refused', status: 401 }, { kind: 'unauthorised' }],
    [{ kind: 'timeout', ms: 0 }, { kind: 'unavailable' }],
    [{ kind: 'lost-answer' }, { kind: 'unavailable' }],
  ] as const)('for a token (%j) fails what it was for', async (fault, error) => {
    const scene = failing('access_tokens', fault);
    const { api, scope } = scene.api();
    const asked = api.registerRunner(scope, runnerName('r'), ['x']);
    const failed = expect(asked).rejects.toMatchObject(error);
    await scene.pass();
    await failed;
    expect(scene.github.world.state.runners.size).toBe(0);
  });

  it('asks for a token once an hour', async () => {
    const asked: string[] = [];
    const scene = stage({
      faults: {
        call: (operation) => {
          asked.push(operation);
          return { kind: 'none' };
        },
      },
    });
    const { api, scope } = scene.api();
    for (let n = 0; n < 3; n += 1) await api.listRunners(scope);
    await scene.pass(hours(1));
    await Promise.all([api.listRunners(scope), api.listRunners(scope)]);
    expect(asked.filter((operation) => operation === 'POST access_tokens')).toHaveLength(2);
  });

  it('of a registration is answered 409 for a name that nobody has', async () => {
    const scene = failing('generate-jitconfig', { kind: 'refused', status: 409 });
    const { api, scope } = scene.api();
    expect(await api.registerRunner(scope, runnerName('fresh'), ['x'])).toEqual({ kind: 'name-taken' });
    expect(await api.listRunners(scope)).toEqual([]);
  });

  it('hits the secondary limit, and is told when to come back', async () => {
    const scene = failing('generate-jitconfig', { kind: 'refused', status: 403, retryAfterSeconds: 90 });
    const { api, scope } = scene.api();
    await expect(api.registerRunner(scope, runnerName('r'), ['x'])).rejects.toMatchObject({
      kind: 'rate-limited',
      retryAt: scene.clock.now() + seconds(90),
    });
  });

  it.each([
    ['lost-answer', { kind: 'lost-answer', afterMs: seconds(15) }, 1],
    ['timeout', { kind: 'timeout', ms: seconds(15) }, 0],
  ] as const)('goes without an answer (%s) for a while', async (_, fault, done) => {
    const scene = failing('generate-jitconfig', fault);
    const { api, scope } = scene.api();
    let failure: unknown;
    api.registerRunner(scope, runnerName('r'), ['x']).catch((error: unknown) => {
      failure = error;
    });
    await scene.pass(seconds(14));
    expect(failure).toBeUndefined();
    await scene.pass(seconds(2));
    expect(failure).toMatchObject({ kind: 'unavailable' });
    expect(await api.listRunners(scope)).toHaveLength(done);
  });

  it('of any kind fails while the API is out', async () => {
    let isOut = true;
    const scene = stage({
      faults: { call: () => (isOut ? { kind: 'refused', status: 502 } : { kind: 'none' }) },
    });
    const { api, scope, read } = scene.api();
    const job = jobOf(begin(scene));
    await expect(read(job)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(api.installations()).rejects.toMatchObject({ kind: 'unavailable' });
    isOut = false;
    expect(await read(job)).toMatchObject({ status: 'queued' });
    expect(await api.listRunners(scope)).toEqual([]);
  });

  it('to delete an idle runner is refused as if it were busy, for a while', async () => {
    let isRefused = true;
    const scene = stage({ faults: { deletionRefused: () => isRefused } });
    const { api, scope } = scene.api();
    const { id } = scene.register('r', ['x']);
    expect(await api.deleteRunner(scope, id)).toBe('busy');
    expect(await api.getRunner(scope, id)).toMatchObject({ busy: false });
    isRefused = false;
    expect(await api.deleteRunner(scope, id)).toBe('deleted');
  });

  it('lists a busy runner as idle, and still will not delete it', async () => {
    const scene = stage({ faults: { shownIdle: ({ name }) => name === 'liar' } });
    const { api, scope } = scene.api();
    begin(scene, { ...simple, width: 2 });
    for (const name of ['liar', 'honest']) scene.start(scene.register(name, ['x']));
    await scene.pass(seconds(1));
    const listed = await api.listRunners(scope);
    expect(listed.map(({ name, busy }) => [name, busy])).toEqual([
      ['liar', false],
      ['honest', true],
    ]);
    for (const { id } of listed) expect(await api.deleteRunner(scope, id)).toBe('busy');
  });

  it('lists runners and jobs with holes', async () => {
    const holes = new Set<number>();
    const scene = stage({ faults: { listMisses: (_, id) => holes.has(id) } });
    const { api, scope } = scene.api();
    const [repository] = await api.repositories(scope.installationId);
    const missed = scene.register('missed', ['x']);
    scene.register('seen', ['x']);
    const job = jobOf(begin(scene, { ...simple, width: 2 }));
    holes.add(missed.id).add(job.id);
    expect((await api.listRunners(scope)).map(({ name }) => name)).toEqual(['seen']);
    expect(await api.getRunner(scope, missed.id)).toMatchObject({ name: 'missed' });
    expect((await api.openJobs(repository ?? expect.fail('none'))).jobs).toHaveLength(1);
  });

  it('reads a job as it was a while ago, with the time of the read', async () => {
    let lagMs = 0;
    const scene = stage({ faults: { replicaLagMs: () => lagMs } });
    const { read } = scene.api();
    const job = jobOf(begin(scene));
    await scene.pass(minutes(1));
    scene.start(scene.register('r', ['x']));
    await scene.pass(minutes(1) + seconds(30));
    expect(await read(job)).toMatchObject({ status: 'completed' });
    lagMs = seconds(40);
    const asOf = scene.clock.now();
    const stale = await read(job);
    expect(stale).toMatchObject({ status: 'in_progress', asOf, runner: { name: 'r' } });
    expect(stale).not.toHaveProperty('conclusion');
    lagMs = minutes(2);
    expect(await read(job)).toMatchObject({ status: 'queued', asOf });
    lagMs = hours(1);
    expect(await read(job)).toMatchObject({ status: 'queued' });
    expect(actionsOf(scene.deliveries, job)).toBe('queued, in_progress, completed');
  });
});

describe('the assignment of a job', () => {
  it('is late, for each job by its own time', async () => {
    const scene = stage({
      faults: { assignmentDelayMs: ({ name }) => (name === 'late' ? minutes(2) : 0) },
    });
    const run = begin(scene, { ...simple, key: 'late' }, { ...simple, key: 'prompt' });
    await scene.pass(minutes(5));
    for (const name of ['one', 'two']) scene.start(scene.register(name, ['x']), undefined);
    await scene.pass(minutes(2) - seconds(1));
    expect(run.jobs.map(({ phase }) => phase)).toEqual(['queued', 'completed']);
    await scene.pass(seconds(2));
    expect(run.jobs.map(({ phase }) => phase)).toEqual(['in_progress', 'completed']);
    // The runner that was made for the first job got the second.
    expect(jobsRunBy(scene.github.world, runnerName('one')).map(({ name }) => name)).toEqual(['prompt']);
  });

  it('stops altogether, and goes on by itself when the outage is over', async () => {
    let isDown = true;
    const scene = stage({ faults: { assignmentDown: () => isDown } });
    const run = begin(scene, { ...simple, width: 2 });
    for (const name of ['one', 'two']) scene.start(scene.register(name, ['x']));
    await scene.pass(minutes(3));
    expect(run.jobs.map(({ phase }) => phase)).toEqual(['queued', 'queued']);
    isDown = false;
    await scene.pass(seconds(6));
    expect(run.jobs.map(({ phase }) => phase)).toEqual(['in_progress', 'in_progress']);
    await scene.pass(minutes(2));
    expect(scene.clock.sleeping).toBe(0);
  });

  it('leaves the runner idle so long that GitHub evicts it, and it ends with 0', async () => {
    const scene = stage({ faults: { assignmentDelayMs: () => minutes(11) } });
    begin(scene);
    const { exit } = scene.start(scene.register('r', ['x']));
    await scene.pass(minutes(10));
    expect(await exit).toBe(0);
    expect(await scene.api().api.listRunners(scene.api().scope)).toEqual([]);
  });

  it('may take any job that fits, and give job B to the runner made for A', async () => {
    const scene = stage({ beliefs: { queueOrder: 'any' } });
    const run = begin(scene, { ...simple, width: 40 });
    for (let n = 0; n < 40; n += 1) scene.start(scene.register(`r${n}`, ['x']));
    await scene.pass(seconds(1));
    const takers = run.jobs.map(({ runner }) => runner?.name);
    expect(new Set(takers).size).toBe(40);
    expect(takers).not.toEqual(run.jobs.map((_, n) => `r${n}`));
  });

  it('waits for a group that takes the repository, and goes on when it does', async () => {
    const scene = stage();
    scene.github.createRepository({ owner: 'acme', name: 'other' });
    const group = scene.github.createRunnerGroup('acme', { name: 'closed', repositories: ['other'] });
    const { jitConfig, runner } = scene.github.addRunner({
      owner: 'acme',
      name: 'theirs',
      labels: ['x'],
      groupId: group.id,
    });
    expect(jitConfig).not.toBe('');
    scene.start(runner);
    const run = begin(scene);
    await scene.pass(minutes(30));
    expect(jobOf(run).phase).toBe('queued');
    group.repositories = 'all';
    scene.github.assignNow();
    await scene.pass(seconds(1));
    expect(jobOf(run).runner?.name).toBe('theirs');
  });
});

describe('a foreign job', () => {
  it("is done by GitHub's own runners, which no list shows", async () => {
    const work = { startMs: seconds(20), durationMs: minutes(3), conclusion: 'success' } as const;
    const scene = stage({
      faults: { hosted: ({ labels }) => (labels[0] === 'ubuntu-latest' ? work : undefined) },
    });
    const { api, scope } = scene.api();
    const run = begin(scene, { ...simple, labels: ['ubuntu-latest'] });
    scene.start(scene.register('r', ['ubuntu-latest']));
    await scene.pass(seconds(21));
    expect((await api.listRunners(scope)).map(({ name, busy }) => [name, busy])).toEqual([['r', false]]);
    await scene.pass(minutes(3));
    expect(run.conclusion).toBe('success');
    const { workflow_job: told } = JSON.parse(scene.deliveries[1]?.body ?? '');
    expect(told.runner_name).toMatch(/^GitHub Actions \d+$/);
    expect(told.runner_group_name).toBe('GitHub Actions');
    expect(actionsOf(scene.deliveries, jobOf(run))).toBe('queued, in_progress, completed');
  });

  it("is done by somebody else's runner, which listens on", async () => {
    const scene = stage();
    const { runner } = scene.github.addRunner({ owner: 'acme/app', name: 'gpu', labels: ['gpu'] });
    const { exit, kill } = scene.start(runner);
    const run = begin(scene, { ...simple, labels: ['gpu'], width: 3 });
    await scene.pass(hours(1));
    expect(run.conclusion).toBe('success');
    expect(jobsRunBy(scene.github.world, runner.name)).toHaveLength(3);
    expect(runner.removed).toBe(false);
    kill();
    expect(await exit).toBe(-1);
  });

  it('of a hosted runner can be cancelled while it waits and while it runs', async () => {
    const work = { startMs: minutes(1), durationMs: hours(1), conclusion: 'success' } as const;
    const scene = stage({ faults: { hosted: () => work } });
    const [waiting, running] = [begin(scene), begin(scene)];
    scene.github.cancel(waiting);
    await scene.pass(minutes(2));
    scene.github.cancel(running);
    await scene.pass(minutes(6));
    expect([waiting, running].map(({ conclusion }) => conclusion)).toEqual(['cancelled', 'cancelled']);
    expect(scene.clock.sleeping).toBe(0);
  });
});
