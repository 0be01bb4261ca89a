import { describe, expect, test } from 'vitest';
import { dayOf } from '../../src/domain/insights/calendar.ts';
import { minutes } from '../../src/domain/time.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';

const oneJob = `
on: push
jobs:
  build:
    runs-on: bellows-2cpu-4gb
    steps:
      - run: make
`;

const three = `
on: push
jobs:
  test:
    runs-on: bellows-2cpu-4gb
    strategy:
      matrix:
        shard: [1, 2, 3]
    steps:
      - run: make test
`;

async function allDone(world: ControlPlaneWorld): Promise<boolean> {
  const jobs = await world.jobs();
  return jobs.length > 0 && jobs.every(({ state }) => state === 'done');
}

const allGone = async (world: ControlPlaneWorld): Promise<boolean> =>
  (await world.vms()).every(({ state }) => state === 'gone');

describe('the main path', () => {
  test('a queued webhook becomes a finished job in a VM of its own, of which nothing is left', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob });

    expect(await world.until(() => allDone(world), minutes(5))).toBe(true);
    expect(await world.until(() => allGone(world), minutes(5))).toBe(true);

    const [job] = await world.jobs();
    const [vm] = await world.vms();
    expect(job?.knowledge.completed?.conclusion).toBe('success');
    expect(vm?.job).toBe(job?.id);
    expect(host.started).toHaveLength(1);
    expect(world.github.world.state.runners.size).toBe(0);
    expect(world.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('three jobs on a host with room for one run one after the other, and the waiting ones say why', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: three });
    await world.clock.advance(10_000);

    const reasons = (await world.jobs())
      .map(({ waitingFor }) => waitingFor)
      .filter((reason) => reason !== '');
    expect(reasons).toEqual(['full: 1 of 1 hosts', 'full: 1 of 1 hosts']);
    expect(await world.until(() => allDone(world), minutes(15))).toBe(true);
    expect(await world.until(() => allGone(world), minutes(10))).toBe(true);
    expect(host.started.length).toBeGreaterThanOrEqual(3);
  });

  test('a job that is over counts in the insights, once, however often its end is told', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: three });
    expect(await world.until(() => allDone(world), minutes(15))).toBe(true);
    await world.clock.advance(minutes(60));

    const today = dayOf(world.clock.now());
    const [tallied, ...others] = await world.deps.store.transaction((tx) =>
      tx.insights.tallies('repository', { from: today - 1, to: today + 1 }, {}),
    );
    expect(others).toEqual([]);
    expect(tallied).toMatchObject({ repository: 'acme/app', tally: { builds: 3, success: 3, failure: 0 } });
    const [job] = await world.jobs();
    const { started, completed } = job?.knowledge ?? {};
    const [run] = await world.deps.store.transaction((tx) =>
      tx.insights.runs(
        { repository: 'acme/app', workflow: job?.workflowName ?? '', name: job?.name ?? '' },
        { from: today - 1, to: today + 1 },
        1,
      ),
    );
    expect(run?.ms).toBe((completed?.at ?? 0) - (started?.at ?? 0));
  });

  test('a lost delivery heals: the poll finds the queued job', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 1);
    world.github.onDelivery(async () => ({ status: 500 }));
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob });

    expect(await world.until(() => allDone(world), minutes(30))).toBe(true);
    expect((await world.jobs())[0]?.knowledge.completed?.conclusion).toBe('success');
  });

  test('no JIT configuration is left in the database once its guest has it', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob });
    const isBusy = async () => (await world.vms()).some(({ state }) => state === 'busy');
    expect(await world.until(isBusy, minutes(5))).toBe(true);
    for (const vm of await world.vms()) {
      expect(await world.store.transaction((tx) => tx.sealed.get(vm.id))).toBeUndefined();
    }
  });
});
