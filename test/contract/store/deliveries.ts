import { expect } from 'vitest';
import { eventually, itWith, meeting, type OpenStores, within } from './stores.ts';
import { at, delivery, guid } from './things.ts';

const day = 86_400_000;

export function deliveryContract(open: OpenStores): void {
  const it = itWith(open);

  it('gives back the bytes as they came, whatever they are', async ({ a, b }) => {
    const body = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7) % 256);
    const kept = delivery(1, { body, event: 'ping' });
    expect(await a.keepDelivery(kept)).toBe('stored');
    expect(await within(b, (tx) => tx.deliveries.get(guid(1)))).toEqual({ ...kept, state: 'new', note: '' });
    expect(await within(b, (tx) => tx.deliveries.get(guid(2)))).toBeUndefined();
  });

  it('knows a delivery again by its GUID, however much later it comes', async ({ a, b }) => {
    expect(await a.keepDelivery(delivery(1))).toBe('stored');
    expect(await b.keepDelivery(delivery(1, { receivedAt: at(3 * day) }))).toBe('duplicate');
    expect(await a.keepDelivery(delivery(1, { receivedAt: at(70 * day) }))).toBe('duplicate');
    expect((await within(a, (tx) => tx.deliveries.get(guid(1))))?.receivedAt).toBe(at(1));
    expect(await within(a, (tx) => tx.deliveries.count('new'))).toBe(1);
  });

  it('stores each GUID once when the same come many times at once, to both processes', async ({ a, b }) => {
    const calls = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? a : b).keepDelivery(delivery(i % 20)));
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(20);
    expect(await within(a, (tx) => tx.deliveries.count('new'))).toBe(20);
    expect(await within(a, (tx) => tx.deliveries.list({}, 100))).toHaveLength(20);
  });

  it('keeps each one’s own bytes when many come at once, those without any too', async ({ a }) => {
    const sent = Array.from({ length: 30 }, (_, n) => delivery(n, { body: new Uint8Array(n * 700).fill(n) }));
    await Promise.all(sent.map((one) => a.keepDelivery(one)));
    const kept = await within(a, (tx) => tx.deliveries.claim(100));
    expect(kept).toEqual(sent.map((one) => ({ ...one, state: 'new', note: '' })));
  });

  it('wakes who waits for deliveries', async ({ a, b }) => {
    let woken = 0;
    a.onWake('deliveries', () => {
      woken += 1;
    });
    await b.keepDelivery(delivery(1));
    await eventually(() => woken > 0);
  });

  it('hands out new deliveries in the order of their arrival', async ({ a }) => {
    for (const n of [3, 1, 2]) await a.keepDelivery(delivery(n));
    const claimed = await within(a, (tx) => tx.deliveries.claim(2));
    expect(claimed.map((row) => row.guid)).toEqual([guid(1), guid(2)]);
    expect(claimed[0]).toEqual({ ...delivery(1), state: 'new', note: '' });
  });

  it('gives two who claim at the same time different deliveries', async ({ a, b }) => {
    for (let n = 1; n <= 4; n += 1) await a.keepDelivery(delivery(n));
    const bothHaveClaimed = meeting(2);
    const claim = (store: typeof a): Promise<string[]> =>
      store.transaction(async (tx) => {
        const claimed = await tx.deliveries.claim(2);
        await bothHaveClaimed();
        for (const row of claimed) await tx.deliveries.mark(row.guid, 'done', '');
        return claimed.map((row) => row.guid);
      });
    const [mine, yours] = await Promise.all([claim(a), claim(b)]);
    expect([...mine, ...yours].sort()).toEqual([guid(1), guid(2), guid(3), guid(4)]);
    expect(await within(a, (tx) => tx.deliveries.claim(10))).toEqual([]);
  });

  it('hands out again what a failed transaction had claimed', async ({ a, b }) => {
    await a.keepDelivery(delivery(1));
    const failed = a.transaction(async (tx) => {
      await tx.deliveries.claim(1);
      throw new Error('died');
    });
    await expect(failed).rejects.toThrow('died');
    expect(await within(b, (tx) => tx.deliveries.claim(1))).toHaveLength(1);
  });

  it('marks, counts and lists by state, newest first', async ({ a }) => {
    for (let n = 1; n <= 5; n += 1) await a.keepDelivery(delivery(n));
    await a.transaction(async (tx) => {
      await tx.deliveries.mark(guid(2), 'unreadable', 'not JSON');
      await tx.deliveries.mark(guid(3), 'ignored', 'not our installation');
      await tx.deliveries.mark(guid(4), 'done', '');
      await tx.deliveries.mark(guid(99), 'done', 'never came');
    });
    await a.transaction(async (tx) => {
      expect(await tx.deliveries.count('new')).toBe(2);
      expect(await tx.deliveries.count('done')).toBe(1);
      expect((await tx.deliveries.list({}, 3)).map((row) => row.guid)).toEqual([guid(5), guid(4), guid(3)]);
      const unreadable = await tx.deliveries.list({ state: 'unreadable' }, 10);
      expect(unreadable.map((row) => [row.guid, row.note])).toEqual([[guid(2), 'not JSON']]);
      expect((await tx.deliveries.claim(10)).map((row) => row.guid)).toEqual([guid(1), guid(5)]);
    });
  });

  it('says which of many GUIDs it knows, whatever became of them', async ({ a }) => {
    await a.keepDelivery(delivery(1));
    await a.keepDelivery(delivery(2));
    await within(a, (tx) => tx.deliveries.mark(guid(2), 'ignored', ''));
    const known = await within(a, (tx) => tx.deliveries.known([guid(1), guid(2), guid(3)]));
    expect([...known].sort()).toEqual([guid(1), guid(2)]);
    expect(await within(a, (tx) => tx.deliveries.known([]))).toEqual(new Set());
  });
}
