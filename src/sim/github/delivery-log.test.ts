import { describe, expect, it } from 'vitest';
import { days, minutes, seconds } from '../../domain/time.ts';
import { beliefsAsMarkdown, beliefTable } from './beliefs.ts';
import type { DeliveryFault } from './faults.ts';
import { stage } from './stage.ts';

const oneJob = 'on: push\njobs:\n  a: {runs-on: x, steps: [{run: x}]}\n';

async function deliver(fault: DeliveryFault) {
  const scene = stage({ faults: { delivery: () => fault } });
  await scene.push(oneJob);
  await scene.pass();
  const { deliveries: log } = scene.github.world.deliveries.list({ perPage: 100, cursor: undefined });
  return { scene, log };
}

describe('a webhook', () => {
  it('arrives signed, and is logged', async () => {
    const { scene, log } = await deliver({ kind: 'deliver' });
    expect(scene.deliveries).toHaveLength(1);
    expect(scene.deliveries[0]?.headers).toMatchObject({
      'x-github-event': 'workflow_job',
      'x-github-delivery': log[0]?.guid,
      'x-hub-signature-256': expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
    });
    expect(log[0]).toMatchObject({ status: 'OK', statusCode: 202, redelivery: false, action: 'queued' });
  });

  // The test vector of GitHub's documentation, "Validating webhook deliveries".
  it('carries the documented signature', async () => {
    const scene = stage();
    scene.github.world.deliveries.emit({
      event: 'ping',
      action: undefined,
      installationId: undefined,
      repositoryId: undefined,
      body: 'Hello, World!',
    });
    await scene.pass();
    expect(scene.deliveries[0]?.headers['x-hub-signature-256']).toBe(
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    );
  });

  it.each([
    [{ kind: 'lost' }, 0, [502]],
    [{ kind: 'lost-unseen' }, 0, [202]],
    [{ kind: 'never-sent' }, 0, []],
    [{ kind: 'double', afterMs: 0 }, 2, [202, 202]],
  ] as const)('may be %j', async (fault, arrived, logged) => {
    const { scene, log } = await deliver(fault);
    expect(scene.deliveries).toHaveLength(arrived);
    expect(log.map(({ statusCode }) => statusCode)).toEqual(logged);
    expect(new Set(log.map(({ guid }) => guid)).size).toBe(Math.min(1, logged.length));
  });

  it('may be late, and tells what was true when it happened', async () => {
    const { scene } = await deliver({ kind: 'delay', ms: 5000 });
    expect(scene.deliveries).toEqual([]);
    await scene.pass(seconds(5));
    expect(scene.deliveries[0]?.body).toContain('"status":"queued"');
  });

  it('is not sent again by itself when the receiver fails or sleeps', async () => {
    const scene = stage();
    const slow = Promise.withResolvers<{ status: number }>();
    scene.github.onDelivery(() => slow.promise);
    await scene.push(oneJob);
    await scene.pass(minutes(1));
    const list = () => scene.github.world.deliveries.list({ perPage: 10, cursor: undefined }).deliveries;
    expect(list()).toMatchObject([{ status: 'timed out', statusCode: 0, durationMs: 10_000 }]);
  });

  it('can be asked for again for three days: a new delivery under the same GUID', async () => {
    const { scene, log } = await deliver({ kind: 'lost' });
    const { deliveries } = scene.github.world;
    const first = log[0]?.id ?? 0;
    expect(deliveries.redeliver(first).ok).toBe(true);
    await deliveries.settled();
    expect(scene.deliveries[0]?.delivery).toMatchObject({ guid: log[0]?.guid, redelivery: true });
    expect(deliveries.redeliver(1)).toMatchObject({ status: 404 });
    await scene.pass(days(4));
    expect(deliveries.redeliver(first)).toMatchObject({ status: 422 });
    const listed = deliveries.list({ perPage: 100, cursor: undefined }).deliveries;
    expect(listed.map(({ guid }) => guid)).not.toContain(log[0]?.guid);
  });

  it('is listed newest first, page by page', async () => {
    const scene = stage();
    for (let n = 0; n < 5; n++) scene.github.ping();
    await scene.pass();
    const { deliveries } = scene.github.world;
    const first = deliveries.list({ perPage: 3, cursor: undefined });
    const second = deliveries.list({ perPage: 3, cursor: first.next });
    const ids = [...first.deliveries, ...second.deliveries].map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    expect([new Set(ids).size, second.next]).toEqual([5, undefined]);
  });
});

describe('the beliefs', () => {
  it('are printed as one table with their sources', () => {
    const rows = beliefsAsMarkdown().trim().split('\n');
    expect(rows).toHaveLength(2 + Object.keys(beliefTable).length);
    for (const row of rows) expect(row.split('|')).toHaveLength(7);
  });
});
