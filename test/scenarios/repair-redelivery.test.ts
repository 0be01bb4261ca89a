// Webhooks that never reached us are asked for again. The poll is put to sleep here, so that nothing else can find a job.

import { beforeEach, describe, expect, test } from 'vitest';
import { redeliver } from '../../src/control-plane/repair/redeliver.ts';
import type { Job } from '../../src/domain/lifecycle/job.ts';
import type { RepairKind } from '../../src/domain/repair/repair.ts';
import { days, hours, minutes, seconds } from '../../src/domain/time.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { matrixOf, oneJob } from '../support/workflows.ts';

let world: ControlPlaneWorld;

/** After its first round, so that what follows is no leftover of the start. */
beforeEach(async () => {
  world = new ControlPlaneWorld({ pollActiveMs: days(30), pollLatelyMs: days(30), pollAllMs: days(30) });
  await world.clock.advance(minutes(1));
});

const push = (workflowYaml = oneJob()) => world.github.push({ repository: 'acme/app', workflowYaml });
const allDone = (count: number) => async (): Promise<boolean> =>
  (await world.jobs()).filter(({ state }: Job) => state === 'done').length === count;
const counts = () => world.store.transaction((tx) => tx.repairs.count({}));
const repairs = (kind: RepairKind) =>
  world.store.transaction((tx) => tx.repairs.list({ kinds: [kind] }, { limit: 1000 }));
const redeliveries = (): number =>
  world.github.world.deliveries
    .list({ perPage: 100_000, cursor: undefined })
    .deliveries.filter(({ redelivery }) => redelivery).length;

describe.each(['lost', 'lost-unseen'] as const)('a delivery that GitHub calls %s', (kind) => {
  test('is asked for again, once, and its job runs', async () => {
    const host = await world.addHost('one', 1);
    let lost = 0;
    world.github.world.faults.delivery = ({ action }) => {
      const isFirst = action === 'queued' && lost === 0;
      if (isFirst) lost += 1;
      return { kind: isFirst ? kind : 'deliver' };
    };
    await push();
    expect(await world.until(allDone(1), minutes(8))).toBe(true);
    expect(host.started).toHaveLength(1);
    expect(await counts()).toMatchObject({ 'delivery-redelivered': 1, 'delivery-given-up': 0 });
    expect(redeliveries()).toBe(1);
    const [repair] = await repairs('delivery-redelivered');
    expect(repair).toMatchObject({
      owner: 'acme',
      cause: 'it never reached us',
      subject: { kind: 'delivery' },
    });
    await world.clock.advance(hours(7));
    expect(redeliveries(), 'a later walk all the way back asks for nothing').toBe(1);
  });
});

test('a delivery that is only late is not asked for', async () => {
  await world.addHost('one', 1);
  world.github.world.faults.delivery = () => ({ kind: 'delay', ms: minutes(3) });
  await push();
  expect(await world.until(allDone(1), minutes(20))).toBe(true);
  expect(redeliveries()).toBe(0);
});

test('what is lost again and again is asked for ever more rarely, until GitHub keeps it no longer', async () => {
  world.github.world.faults.webhooks = () => 'failing';
  await push();
  await world.clock.advance(hours(2));
  const early = redeliveries();
  expect(early).toBeGreaterThanOrEqual(6);
  expect(early).toBeLessThanOrEqual(8);
  await world.clock.advance(days(4));
  // GitHub itself has given the job up after a day, and told of it, which was lost as well.
  const given = await repairs('delivery-given-up');
  expect(new Set(given.map(({ subject }) => subject.id)).size).toBe(2);
  expect(given).toMatchObject(Array(2).fill({ owner: 'acme', cause: 'GitHub keeps it no longer' }));
  const asked = redeliveries();
  await world.clock.advance(days(1));
  expect((await counts())['delivery-given-up']).toBe(2);
  expect(redeliveries()).toBeLessThanOrEqual(asked);
  const state = await world.store.transaction((tx) => tx.loops.get('redeliver'));
  expect(state?.lost.filter(({ original }) => original)).toEqual([]);
}, 30_000);

test('what GitHub does not repeat is given up at once, once, and shown', async () => {
  world.github.world.faults.delivery = () => ({ kind: 'lost' });
  world.github.world.faults.call = (operation) =>
    operation === 'POST hook/deliveries/attempts' ? { kind: 'refused', status: 422 } : { kind: 'none' };
  await push();
  await world.clock.advance(hours(8));
  expect(await counts()).toMatchObject({ 'delivery-redelivered': 0, 'delivery-given-up': 1 });
  expect(await repairs('delivery-given-up')).toMatchObject([{ cause: 'GitHub does not repeat it' }]);
});

test('after a day of our downtime every one of 500 jobs runs, inside the limits', async () => {
  for (const name of ['one', 'two', 'three', 'four']) await world.addHost(name, 32);
  world.crash();
  const limited: string[] = [];
  for (let run = 0; run < 10; run += 1) {
    await push(matrixOf(50));
    await world.clock.advance(hours(2.3));
  }
  world.start();
  for (let passed = 0; passed < 60 && !(await allDone(500)()); passed += 1)
    await world.clock.advance(minutes(1));
  expect(await allDone(500)()).toBe(true);
  for (const { message, fields } of world.lines) {
    if (message === 'task failed' && JSON.stringify(fields).includes('"loop":"redeliver"'))
      limited.push(message);
  }
  expect(limited, 'rounds that met a limit').toEqual([]);
  expect(await counts()).toMatchObject({ 'delivery-redelivered': 500, 'delivery-given-up': 0 });
  expect(redeliveries()).toBe(500);
}, 60_000);

test('a limit of GitHub’s is waited for, and nothing is asked for twice', async () => {
  await world.addHost('one', 4);
  world.github.world.faults.delivery = ({ action }) => ({ kind: action === 'queued' ? 'lost' : 'deliver' });
  let calls = 0;
  world.github.world.faults.call = (operation) => {
    if (operation !== 'POST hook/deliveries/attempts') return { kind: 'none' };
    calls += 1;
    return calls === 2 ? { kind: 'refused', status: 403, retryAfterSeconds: 300 } : { kind: 'none' };
  };
  await push(matrixOf(4));
  await world.clock.advance(minutes(5));
  expect(calls).toBe(2);
  expect(await world.until(allDone(4), minutes(30))).toBe(true);
  expect(calls).toBe(5);
  expect(redeliveries()).toBe(4);
});

test('an ask whose answer is lost is not repeated at once', async () => {
  await world.addHost('one', 1);
  world.github.world.faults.delivery = ({ action }) => ({ kind: action === 'queued' ? 'lost' : 'deliver' });
  world.github.world.faults.call = (operation) =>
    operation === 'POST hook/deliveries/attempts' ? { kind: 'lost-answer' } : { kind: 'none' };
  await push();
  expect(await world.until(allDone(1), minutes(10))).toBe(true);
  expect(redeliveries()).toBe(1);
});

test('a control plane that dies in the middle of a round is followed by one that goes on', async () => {
  const host = await world.addHost('one', 4);
  world.github.world.faults.delivery = ({ action }) => ({ kind: action === 'queued' ? 'lost' : 'deliver' });
  await push(matrixOf(4));
  world.github.world.faults.call = (operation) =>
    operation === 'POST hook/deliveries/attempts' ? { kind: 'delay', ms: seconds(8) } : { kind: 'none' };
  await world.until(async () => redeliveries() === 1, minutes(5));
  world.crash();
  world.start();
  expect(await world.until(allDone(4), minutes(20))).toBe(true);
  expect(host.started).toHaveLength(4);
  // The one that was under way when it died arrived all the same.
  expect(redeliveries()).toBe(4);
  expect((await counts())['task-taken-over']).toBeGreaterThan(0);
});

describe('two control planes', () => {
  test('ask for each lost delivery once', async () => {
    await world.addHost('one', 8);
    world.github.world.faults.delivery = ({ action }) => ({ kind: action === 'queued' ? 'lost' : 'deliver' });
    const another = world.startAnother('control-plane-2');
    await push(matrixOf(8));
    // Besides the rounds that they do by themselves, both are told to look at the same moment, again and again.
    for (let passed = 0; passed < minutes(3); passed += seconds(5)) {
      const rounds = [world.deps, another].map((deps) => redeliver.run(deps, {}));
      await world.clock.advance(seconds(5));
      await Promise.all(rounds);
    }
    expect(await world.until(allDone(8), minutes(20))).toBe(true);
    expect(redeliveries()).toBe(8);
    expect((await counts())['delivery-redelivered']).toBe(8);
  });
});
