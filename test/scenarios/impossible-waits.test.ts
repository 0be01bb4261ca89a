// Who waits for what cannot be is told at GitHub; here what the story `impossible-wait` does not tell.

import { describe, expect, it } from 'vitest';
import { minutes } from '../../src/domain/time.ts';
import type { CheckRun } from '../../src/sim/github/state.ts';
import { workflowOf } from '../../src/sim/github/workflow/workflow-of.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';

const wants = (...labels: string[]) => workflowOf('ci', [{ key: 'build', labels }]);
const checkRuns = ({ github }: ControlPlaneWorld): CheckRun[] => [...github.world.state.checkRuns.values()];

/** Counts the calls about check runs. */
function countCalls({ github }: ControlPlaneWorld): () => number {
  let calls = 0;
  github.world.faults.call = (operation) => {
    if (operation.includes('check-run')) calls += 1;
    return { kind: 'none' };
  };
  return () => calls;
}

describe('an impossible wait', () => {
  it('of a repository that is not served is told on its commit, and ends when the job ends', async () => {
    const world = new ControlPlaneWorld();
    world.github.createRepository({ owner: 'acme', name: 'open', private: false });
    const run = world.github.start({ repository: 'acme/open', workflow: wants('bellows-2cpu-4gb') });
    await world.clock.advance(minutes(4));
    expect(checkRuns(world)).toMatchObject([
      {
        headSha: run.headSha,
        status: 'queued',
        title: expect.stringContaining('this installation does not serve public repositories'),
      },
    ]);
    world.github.cancel(run);
    await world.clock.advance(minutes(2));
    expect(checkRuns(world)).toMatchObject([{ status: 'completed', conclusion: 'neutral' }]);
    expect(await world.store.transaction((tx) => tx.tasks.list(100))).not.toContainEqual(
      expect.objectContaining({ what: expect.objectContaining({ kind: 'tell-wait' }) }),
    );
  });

  it('of an installation that we do not serve is told to nobody', async () => {
    const world = new ControlPlaneWorld();
    world.github.createOrganization('globex');
    world.github.installApp('globex');
    world.github.createRepository({ owner: 'globex', name: 'app' });
    world.github.start({ repository: 'globex/app', workflow: wants('bellows-999cpu-4gb') });
    await world.clock.advance(minutes(10));
    expect(checkRuns(world)).toEqual([]);
  });

  it('beside a runner whose group excludes the repository is told, at little cost, until the group lets it in', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 2);
    world.github.createRepository({ owner: 'acme', name: 'other' });
    const group = world.github.world.state.groups.find(({ id }) => id === 1);
    if (group === undefined) throw new Error('there is no group');
    group.repositories = new Set(
      [...world.github.world.state.repositories.values()].flatMap(({ id, name }) =>
        name === 'other' ? [id] : [],
      ),
    );
    let asked = 0;
    world.github.world.faults.call = (operation) => {
      if (operation === 'GET runner-groups') asked += 1;
      return { kind: 'none' };
    };
    world.github.start({ repository: 'acme/app', workflow: wants('bellows-2cpu-4gb') });
    await world.clock.advance(minutes(2));
    expect(asked).toBe(0);
    const reason = 'the runner group Default excludes this repository';
    const isTold = async () => (await world.jobs()).every(({ waitingFor }) => waitingFor === reason);
    expect(await world.until(isTold, minutes(8))).toBe(true);
    // What plans and balances say meanwhile does not take its place.
    for (let minute = 0; minute < 20; minute += 1) {
      await world.clock.advance(minutes(1));
      expect(await isTold()).toBe(true);
    }
    expect(checkRuns(world)).toMatchObject([{ status: 'queued', title: expect.stringContaining(reason) }]);
    expect(checkRuns(world)[0]?.summary).toContain('Runner groups');
    // Two calls each two minutes at most.
    expect(asked).toBeGreaterThan(2);
    expect(asked).toBeLessThanOrEqual(30);

    // Another repository's jobs are none of this, though they wait for the same labels.
    world.github.start({ repository: 'acme/other', workflow: wants('bellows-2cpu-4gb') });
    const isDone = (name: string) => async () =>
      (await world.jobs()).some(({ repository, state }) => repository.fullName === name && state === 'done');
    expect(await world.until(isDone('acme/other'), minutes(20))).toBe(true);

    group.repositories = 'all';
    expect(await world.until(isDone('acme/app'), minutes(30))).toBe(true);
    await world.clock.advance(minutes(3));
    expect(checkRuns(world)).toMatchObject([{ status: 'completed', conclusion: 'neutral' }]);
    const before = asked;
    await world.clock.advance(minutes(30));
    expect(asked).toBe(before);
  });

  it('beside a runner is no such thing while GitHub may not be asked', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 1);
    const group = world.github.world.state.groups.find(({ id }) => id === 1);
    if (group !== undefined) group.repositories = new Set();
    world.github.world.faults.call = (operation) =>
      operation === 'GET runner-groups' ? { kind: 'refused', status: 403 } : { kind: 'none' };
    world.github.start({ repository: 'acme/app', workflow: wants('bellows-2cpu-4gb') });
    await world.clock.advance(minutes(15));
    expect(checkRuns(world)).toEqual([]);
    const warned = world.lines.filter(({ message }) =>
      message.startsWith('cannot ask for the runner groups'),
    );
    expect(warned.length).toBeGreaterThan(0);
    expect(warned.length).toBeLessThan(3);
  });

  it('that may not be told breaks nothing, and is not tried at every look', async () => {
    const world = new ControlPlaneWorld();
    delete world.github.world.app.permissions.checks;
    const calls = countCalls(world);
    world.github.start({ repository: 'acme/app', workflow: wants('bellows-2cpu-4gb', 'gpu') });
    await world.clock.advance(minutes(30));
    expect(calls()).toBe(1);
    expect(world.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'a wait cannot be told at GitHub' }),
    );
    await world.addHost('gpu', 1, undefined, ['gpu']);
    const done = async () => (await world.jobs()).every(({ state }) => state === 'done');
    expect(await world.until(done, minutes(20))).toBe(true);
  });

  it('is told once though the process dies after the call', async () => {
    const world = new ControlPlaneWorld();
    world.github.start({ repository: 'acme/app', workflow: wants('bellows-2cpu-4gb', 'gpu') });
    const said = async () => checkRuns(world).length > 0;
    let dead = false;
    world.github.world.faults.call = (operation) => {
      if (operation !== 'POST check-runs' || dead) return { kind: 'none' };
      dead = true;
      queueMicrotask(() => world.crash());
      return { kind: 'none' };
    };
    expect(await world.until(said, minutes(6))).toBe(true);
    expect(dead).toBe(true);
    expect(
      await world.store.transaction((tx) => tx.history.of({ kind: 'job', id: jobIdOf(world) }, 100)),
    ).not.toContainEqual(expect.objectContaining({ event: 'wait-told' }));
    world.start();
    await world.clock.advance(minutes(5));
    expect(checkRuns(world)).toHaveLength(1);
    const history = await world.store.transaction((tx) =>
      tx.history.of({ kind: 'job', id: jobIdOf(world) }, 100),
    );
    expect(history.filter(({ event }) => event === 'wait-told')).toHaveLength(1);
  });

  it('is told to nobody when that is switched off', async () => {
    const world = new ControlPlaneWorld({ checkRuns: false });
    const calls = countCalls(world);
    world.github.start({ repository: 'acme/app', workflow: wants('bellows-2cpu-4gb', 'gpu') });
    world.github.start({ repository: 'acme/app', workflow: wants('bellows-999cpu-4gb') });
    await world.clock.advance(minutes(10));
    expect(calls()).toBe(0);
  });
});

function jobIdOf({ github }: ControlPlaneWorld) {
  const [job] = github.world.state.jobs.values();
  if (job === undefined) throw new Error('there is no job');
  return job.id;
}
