// The sweep of runner registrations: what is left over of us goes, and nothing else does.

import { describe, expect, test } from 'vitest';
import { repositoryId, runnerName } from '../../src/domain/ids.ts';
import { labelSet } from '../../src/domain/labels/label-set.ts';
import { defaultTiming } from '../../src/domain/lifecycle/deadlines.ts';
import type { Scope } from '../../src/domain/scope.ts';
import { hours, minutes } from '../../src/domain/time.ts';
import { InProcessGitHub } from '../../src/sim/github/in-process-api.ts';
import { job as aJob } from '../contract/store/things.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { oneJob } from '../support/workflows.ts';

const labels = labelSet(['bellows-2cpu-4gb']);

/** A world in which one job has run and left nothing, with its VM's scope and runner name. */
async function afterOneJob(settings?: ConstructorParameters<typeof ControlPlaneWorld>[0]) {
  const world = new ControlPlaneWorld(settings);
  const agent = await world.addHost('one', 1);
  await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
  const gone = await world.until(async () => {
    const vms = await world.vms();
    return vms.length > 0 && vms.every(({ state }) => state === 'gone');
  }, minutes(20));
  expect(gone).toBe(true);
  const [vm] = await world.vms();
  if (vm === undefined) throw new Error('no VM');
  // Its own deletion is asked for as it goes.
  await world.clock.advance(minutes(1));
  expect(registered(world)).toEqual([]);
  return { world, agent, scope: vm.scope, name: vm.runnerName };
}

/** A registration that nobody uses: its answer was lost, or it came when its VM was gone. */
async function leave(world: ControlPlaneWorld, scope: Scope, name: string): Promise<void> {
  const made = await new InProcessGitHub(world.github).registerRunner(scope, runnerName(name), labels);
  expect(made.kind).toBe('registered');
}

const registered = (world: ControlPlaneWorld): readonly string[] =>
  [...world.github.world.state.runners.values()].map(({ name }) => name).sort();

const swept = async (world: ControlPlaneWorld): Promise<number> =>
  (await world.store.transaction((tx) => tx.repairs.count({})))['registration-swept'];

const stranger = 'bellows-test-0123456789ab';

describe('a registration that outlived its VM', () => {
  test('is swept at the second look, is counted, and named in the book', async () => {
    const { world, scope, name } = await afterOneJob();
    await leave(world, scope, name);
    await world.clock.advance(minutes(9.5));
    expect(registered(world)).toEqual([name]);
    await world.clock.advance(minutes(12));
    expect(registered(world)).toEqual([]);
    const [repair] = await world.store.transaction((tx) =>
      tx.repairs.list({ kinds: ['registration-swept'] }, { limit: 10 }),
    );
    expect(repair).toMatchObject({ subject: { kind: 'runner', id: name }, owner: 'acme' });
  });

  test('is swept also when the database has forgotten the VM, and under a name that was given up', async () => {
    const { world, scope } = await afterOneJob();
    await leave(world, scope, stranger);
    await leave(world, scope, `${stranger}.2`);
    await world.clock.advance(minutes(22));
    expect(registered(world)).toEqual([]);
    expect(await swept(world)).toBe(2);
  });

  test('is swept also when looks have spent their share of the limit', async () => {
    const { world, scope } = await afterOneJob({ lookShare: 0.001 });
    await leave(world, scope, stranger);
    await world.clock.advance(minutes(22));
    expect(registered(world)).toEqual([]);
  });

  test('is swept soon after GitHub can be asked again', async () => {
    const { world, scope } = await afterOneJob();
    await leave(world, scope, stranger);
    world.github.world.faults.call = (operation) =>
      operation === 'GET runners' ? { kind: 'refused', status: 502 } : { kind: 'none' };
    await world.clock.advance(minutes(15));
    world.github.world.faults.call = () => ({ kind: 'none' });
    await world.clock.advance(minutes(12));
    expect(registered(world)).toEqual([]);
  });

  test('is swept once by three control planes', async () => {
    const { world, scope } = await afterOneJob();
    world.start({ processName: 'control-plane-2' });
    world.start({ processName: 'control-plane-3' });
    await leave(world, scope, stranger);
    await world.clock.advance(minutes(22));
    expect(registered(world)).toEqual([]);
    expect(await swept(world)).toBe(1);
  });

  test('waits over a crash for its second look, but no longer', async () => {
    const { world, scope } = await afterOneJob();
    await leave(world, scope, stranger);
    await world.clock.advance(minutes(11));
    world.crash();
    await world.clock.advance(minutes(10));
    world.start();
    await world.clock.advance(minutes(1));
    expect(registered(world)).toEqual([]);
  });

  test('at a user account is swept in its repository', async () => {
    const world = new ControlPlaneWorld({ owners: ['*'] });
    world.github.createUser('sam');
    world.github.installApp('sam');
    world.github.createRepository({ owner: 'sam', name: 'toy', private: true });
    await world.addHost('one', 1);
    await world.github.push({ repository: 'sam/toy', workflowYaml: oneJob() });
    await world.clock.advance(minutes(5));
    const [vm] = await world.vms();
    if (vm === undefined) throw new Error('no VM');
    expect(vm.scope.kind).toBe('repository');
    await leave(world, vm.scope, stranger);
    await world.clock.advance(minutes(22));
    expect(registered(world)).toEqual([]);
  });
});

describe('a database that was restored', () => {
  test('sweeps also where it knows of no VM, but jobs were lately', async () => {
    const { world } = await afterOneJob({ owners: ['acme', 'globex'] });
    world.github.createOrganization('globex');
    world.github.installApp('globex');
    world.github.createRepository({ owner: 'globex', name: 'toy', private: true });
    const [installation] = (await world.deps.github.installations()).filter(
      ({ account }) => account === 'globex',
    );
    if (installation === undefined) throw new Error('no installation');
    const scope = {
      kind: 'organization',
      installationId: installation.id,
      login: 'globex',
      groupId: 1,
    } as const;
    const now = world.clock.now();
    const done = aJob(77, {
      scope,
      state: 'done',
      repository: { id: repositoryId(9), fullName: 'globex/toy', private: true, fork: false },
      ...{ firstSeenAt: now, since: now },
    });
    await world.store.transaction((tx) => tx.jobs.insert(done));
    await leave(world, scope, stranger);
    // The list of repositories is read every ten minutes.
    await world.clock.advance(minutes(32));
    expect(await world.vms()).toHaveLength(1);
    expect(registered(world)).toEqual([]);
  });

  test('leaves a VM to its host that only the host knows, until that has it no more', async () => {
    const { world, agent, scope } = await afterOneJob();
    agent.haveStrangers(['vm-0123456789ab']);
    await leave(world, scope, stranger);
    await world.clock.advance(hours(1));
    expect(registered(world)).toEqual([stranger]);
    agent.haveStrangers([]);
    await world.clock.advance(minutes(22));
    expect(registered(world)).toEqual([]);
  });
});

describe('GitHub says to the deletion', () => {
  const answers = (world: ControlPlaneWorld, status: number): void => {
    world.github.world.faults.call = (operation) =>
      operation.startsWith('DELETE') ? { kind: 'refused', status } : { kind: 'none' };
  };

  test('that the runner is busy: it stays, its time begins anew, and nothing is counted', async () => {
    const { world, scope } = await afterOneJob();
    answers(world, 422);
    await leave(world, scope, stranger);
    await world.clock.advance(minutes(40));
    expect(registered(world)).toEqual([stranger]);
    expect(await swept(world)).toBe(0);
    world.github.world.faults.call = () => ({ kind: 'none' });
    await world.clock.advance(minutes(11));
    expect(registered(world)).toEqual([]);
    expect(await swept(world)).toBe(1);
  });

  test('that it knows no such runner: somebody else was first, and nothing is counted', async () => {
    const { world, scope } = await afterOneJob();
    answers(world, 404);
    await leave(world, scope, stranger);
    await world.clock.advance(minutes(40));
    expect(await swept(world)).toBe(0);
  });

  test('nothing, for it is down: the sweep comes back to it', async () => {
    const { world, scope } = await afterOneJob();
    answers(world, 502);
    await leave(world, scope, stranger);
    await world.clock.advance(minutes(40));
    world.github.world.faults.call = () => ({ kind: 'none' });
    await world.clock.advance(minutes(11));
    expect(registered(world)).toEqual([]);
    expect(await swept(world)).toBe(1);
  });
});

describe('never touched is', () => {
  test("what is not ours by its very name: another installation's, and people's own runners", async () => {
    const { world, scope } = await afterOneJob();
    const others = [
      'bellows-prod-0123456789ab',
      'bellows-test-my-runner-01',
      'bellows-test2-0123456789ab',
      'builder-in-the-cupboard',
    ];
    for (const name of others) await leave(world, scope, name);
    await world.clock.advance(hours(3));
    expect(registered(world)).toEqual([...others].sort());
    expect(await swept(world)).toBe(0);
  });

  test('the runner of a VM that takes long to boot', async () => {
    const timing = { ...defaultTiming, startingMs: hours(2), bootedMs: hours(2) };
    const world = new ControlPlaneWorld({ timing });
    await world.addHost('one', 1, undefined, [], { bootMs: minutes(45) });
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.clock.advance(minutes(44));
    expect(registered(world)).toHaveLength(1);
    const done = await world.until(
      async () => (await world.jobs()).every(({ state }) => state === 'done'),
      minutes(10),
    );
    expect(done).toBe(true);
    expect(await swept(world)).toBe(0);
    expect(await world.vms()).toHaveLength(1);
  });
});
