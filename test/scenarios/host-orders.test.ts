// An operator takes a host out of service and back: jobs that run there finish, or are told why they did not.

import { describe, expect, test } from 'vitest';
import { jobEvents } from '../../src/control-plane/requests/jobs.ts';
import { hostEvents, orderHost } from '../../src/control-plane/requests/order-host.ts';
import { admin } from '../../src/domain/access/caller.ts';
import { minutes, seconds } from '../../src/domain/time.ts';
import type { JobWork } from '../../src/sim/github/in-process-runner.ts';
import type { RequestOf } from '../../src/wire/api/endpoints.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { oneJob } from '../support/workflows.ts';

type Order = RequestOf<'orderHost'>['body'];

const working = (ms: number) => (): JobWork => ({ durationMs: ms, conclusion: 'success' });
const push = (world: ControlPlaneWorld) =>
  world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
const order = (world: ControlPlaneWorld, host: string, what: Order['order'], force = false) =>
  orderHost(
    { ...world.deps, log: world.deps.log },
    {
      params: { host },
      query: undefined,
      body: { order: what, force, by: 'ada@desk', why: 'a new disk' },
    },
    admin,
  );
const states = async (world: ControlPlaneWorld) => (await world.vms()).map(({ state }) => state).sort();
const becomes = (world: ControlPlaneWorld, state: string): Promise<boolean> =>
  world.until(async () => (await states(world)).some((one) => one === state), minutes(5));
const waitsFor = async (world: ControlPlaneWorld) =>
  (await world.jobs()).map(({ waitingFor }) => waitingFor).filter((words) => words !== '');
const conclusions = async (world: ControlPlaneWorld) =>
  (await world.jobs()).map(({ knowledge }) => knowledge.completed?.conclusion).sort();

describe('a host that is drained', () => {
  test('finishes what it has and is given nothing, also by a control plane started anew, until it is taken back', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('rack', 2, working(minutes(2)));
    await push(world);
    expect(await becomes(world, 'busy')).toBe(true);
    expect(await order(world, 'rack', 'drain')).toMatchObject({
      ok: true,
      value: { forced: 0, host: { vms: 1, hold: { kind: 'draining', by: 'ada@desk', why: 'a new disk' } } },
    });
    await push(world);
    await world.clock.advance(seconds(20));
    world.crash();
    world.start();
    expect(await world.until(async () => (await conclusions(world)).includes('success'), minutes(5))).toBe(
      true,
    );
    expect(await waitsFor(world)).toEqual(['all hosts that fit are being drained: rack']);
    await world.clock.advance(minutes(3));
    expect(await states(world)).toEqual(['gone', 'requested']);

    await order(world, 'host-rack', 'resume');
    expect(await world.until(async () => (await waitsFor(world)).length === 0, seconds(5))).toBe(true);
    await world.clock.advance(minutes(4));
    expect(await conclusions(world)).toEqual(['success', 'success']);
    const told = await hostEvents(world.deps, {
      params: { host: 'rack' },
      query: { limit: 100 },
      body: null,
    });
    expect(told.ok && told.value.events.map(({ event, data }) => [event, data.by, data.why])).toEqual([
      ['draining', 'ada@desk', 'a new disk'],
      ['resumed', 'ada@desk', 'a new disk'],
    ]);
  });

  test('is passed over for another that fits', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('old', 4, working(seconds(5)));
    const fresh = await world.addHost('new', 1, working(seconds(5)));
    await world.clock.advance(seconds(10));
    await order(world, 'old', 'drain');
    await push(world);
    await world.clock.advance(minutes(3));
    expect(await conclusions(world)).toEqual(['success']);
    expect(fresh.started).toHaveLength(1);
  });
});

describe('a host that is disabled by force', () => {
  test('loses its VMs at once, by that rule, and the job is told by whom', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('rack', 1, working(minutes(60)));
    await push(world);
    expect(await becomes(world, 'busy')).toBe(true);
    expect(await order(world, 'rack', 'disable', true)).toMatchObject({ value: { forced: 1 } });
    expect(await world.until(async () => (await states(world))[0] === 'gone', minutes(2))).toBe(true);
    expect(host.destroyed).toHaveLength(1);
    const [vm] = await world.vms();
    expect(vm?.tombstone).toMatchObject({
      rule: 'operator-force',
      reason: 'forced by ada@desk: a new disk',
    });
    const [job] = await world.jobs();
    const asked = { params: { job: job?.id ?? 0 }, query: { limit: 500 }, body: null };
    const events = await jobEvents(world.deps, asked, admin);
    expect(events.ok && events.value.events.find(({ event }) => event === 'vm-ended-early')).toMatchObject({
      subject: String(job?.id),
      data: { vm: vm?.id, rule: 'operator-force', reason: 'forced by ada@desk: a new disk' },
    });
    await world.clock.advance(minutes(20));
    expect(await conclusions(world)).toEqual(['failure']);
  });

  test('forces nothing twice, and keeps who disabled it first', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('rack', 1);
    await order(world, 'rack', 'disable');
    const body = { order: 'disable', force: true, by: 'bob', why: '' } as const;
    const again = orderHost(world.deps, { params: { host: 'rack' }, query: undefined, body }, admin);
    expect(await again).toMatchObject({ value: { forced: 0, host: { hold: { by: 'ada@desk' } } } });
  });
});

test('a host that went dark is given nothing, before it is called silent; what it has is left alone', async () => {
  const world = new ControlPlaneWorld();
  const host = await world.addHost('rack', 2, working(minutes(1)));
  await world.clock.advance(seconds(20));
  host.hangUp();
  await world.clock.advance(seconds(40));
  await push(world);
  await world.clock.advance(seconds(10));
  expect(await waitsFor(world)).toEqual(['all hosts that fit are unheard of for a moment: rack']);
  world.redial('rack');
  expect(await becomes(world, 'busy')).toBe(true);
});

test('two hosts of one name are told apart by their ids', async () => {
  const world = new ControlPlaneWorld();
  expect(await order(world, 'rack', 'drain')).toMatchObject({ problem: { status: 404 } });
  await world.addHost('rack', 1);
  await world.store.transaction(async (tx) => {
    const [row] = await tx.hosts.list();
    if (row !== undefined) await tx.hosts.insert({ ...row, id: 'host-other' as typeof row.id });
  });
  expect(await order(world, 'rack', 'drain')).toMatchObject({
    problem: { status: 409, detail: expect.stringContaining('host-other') },
  });
  expect(await order(world, 'host-other', 'drain')).toMatchObject({ ok: true });
});
