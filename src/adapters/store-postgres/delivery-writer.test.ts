import { describe, expect, it } from 'vitest';
import { delivery, guid } from '../../../test/contract/store/things.ts';
import type { DeliveryGuid } from '../../domain/ids.ts';
import type { NewDelivery } from '../../ports/delivery-tables.ts';
import { StoreUnavailableError } from '../../ports/store.ts';
import { createDeliveryWriter, type DeliveryWriterLimits } from './delivery-writer.ts';

const limits: DeliveryWriterLimits = {
  writers: 1,
  besideRows: 1,
  batchRows: 10,
  batchBytes: 1_000_000,
  waitingRows: 100,
  waitingBytes: 1_000_000,
};

/** A database whose commits the test lets happen, one by one. */
function heldDatabase() {
  const kept = new Set<DeliveryGuid>();
  const batches: { rows: readonly NewDelivery[]; commit: () => void; fail: (error: Error) => void }[] = [];
  const store = async (rows: readonly NewDelivery[]): Promise<ReadonlySet<DeliveryGuid>> => {
    const held = Promise.withResolvers<void>();
    batches.push({ rows, commit: held.resolve, fail: held.reject });
    await held.promise;
    const fresh = rows.map((row) => row.guid).filter((id) => !kept.has(id));
    for (const id of fresh) kept.add(id);
    return new Set(fresh);
  };
  const batch = async (n: number) => {
    for (;;) {
      const found = batches[n];
      if (found !== undefined) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { store, batch, batches };
}

describe('deliveries that come at the same time', () => {
  it('share one commit, and none is answered before it', async () => {
    const database = heldDatabase();
    const writer = createDeliveryWriter(database.store, limits);
    const answers: string[] = [];
    const calls = [1, 2, 3].map((n) => writer.keep(delivery(n)).then((answer) => answers.push(answer)));
    const first = await database.batch(0);
    expect(first.rows).toHaveLength(3);
    expect(answers).toEqual([]);
    first.commit();
    await Promise.all(calls);
    expect(answers).toEqual(['stored', 'stored', 'stored']);
    expect(database.batches).toHaveLength(1);
  });

  it('that come during a commit go with the next one', async () => {
    const database = heldDatabase();
    const writer = createDeliveryWriter(database.store, limits);
    const one = writer.keep(delivery(1));
    const first = await database.batch(0);
    const later = [2, 3, 4].map((n) => writer.keep(delivery(n)));
    first.commit();
    expect(await one).toBe('stored');
    const second = await database.batch(1);
    expect(second.rows).toHaveLength(3);
    second.commit();
    expect(await Promise.all(later)).toEqual(['stored', 'stored', 'stored']);
  });

  it('that are read in one turn of the loop, one after the other, go together', async () => {
    const database = heldDatabase();
    const writer = createDeliveryWriter(database.store, limits);
    const calls = [writer.keep(delivery(1))];
    await new Promise<void>((resolve) => process.nextTick(resolve));
    calls.push(writer.keep(delivery(2)));
    const first = await database.batch(0);
    expect(first.rows).toHaveLength(2);
    first.commit();
    await calls[0];
    calls.push(writer.keep(delivery(3)));
    await new Promise<void>((resolve) => process.nextTick(resolve));
    calls.push(writer.keep(delivery(4)));
    const second = await database.batch(1);
    expect(second.rows).toHaveLength(2);
    second.commit();
    expect(await Promise.all(calls)).toEqual(['stored', 'stored', 'stored', 'stored']);
  });

  it('begin a commit beside one under way only when they are many', async () => {
    const database = heldDatabase();
    const writer = createDeliveryWriter(database.store, { ...limits, writers: 2, besideRows: 3 });
    const calls = [writer.keep(delivery(1))];
    const first = await database.batch(0);
    calls.push(...[2, 3].map((n) => writer.keep(delivery(n))));
    await new Promise((resolve) => setImmediate(resolve));
    expect(database.batches).toHaveLength(1);
    calls.push(writer.keep(delivery(4)));
    const second = await database.batch(1);
    expect(second.rows).toHaveLength(3);
    calls.push(...[5, 6, 7].map((n) => writer.keep(delivery(n))));
    await new Promise((resolve) => setImmediate(resolve));
    expect(database.batches).toHaveLength(2);
    first.commit();
    expect((await database.batch(2)).rows).toHaveLength(3);
    second.commit();
    (await database.batch(2)).commit();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['stored']));
  });

  it('with the same GUID are stored once', async () => {
    const database = heldDatabase();
    const writer = createDeliveryWriter(database.store, limits);
    const calls = [writer.keep(delivery(1)), writer.keep(delivery(1)), writer.keep(delivery(2))];
    const only = await database.batch(0);
    expect(only.rows.map((row) => row.guid)).toEqual([guid(1), guid(2)]);
    only.commit();
    expect(await Promise.all(calls)).toEqual(['stored', 'duplicate', 'stored']);
  });

  it('are split into batches that are not too long and not too big', async () => {
    const database = heldDatabase();
    const writer = createDeliveryWriter(database.store, { ...limits, batchRows: 2, batchBytes: 150 });
    const body = new Uint8Array(100);
    const sizes: number[] = [];
    const calls = [1, 2, 3].map((n) => writer.keep(delivery(n, { body })));
    calls.push(...[4, 5, 6].map((n) => writer.keep(delivery(n, { body: new Uint8Array(1) }))));
    for (let n = 0; n < 4; n += 1) {
      const batch = await database.batch(n);
      sizes.push(batch.rows.length);
      batch.commit();
    }
    await Promise.all(calls);
    expect(sizes).toEqual([1, 1, 2, 2]);
  });
});

describe('a failure', () => {
  it('of one delivery is told to its sender alone', async () => {
    const bad = new Error('this one cannot be stored');
    const writer = createDeliveryWriter(async (rows) => {
      if (rows.some((row) => row.guid === guid(2))) throw bad;
      return new Set(rows.map((row) => row.guid));
    }, limits);
    const outcomes = await Promise.allSettled([1, 2, 3].map((n) => writer.keep(delivery(n))));
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 'stored' },
      { status: 'rejected', reason: bad },
      { status: 'fulfilled', value: 'stored' },
    ]);
  });

  it('of the database is told to all of the batch, their doubles too, and to nobody else', async () => {
    const database = heldDatabase();
    const writer = createDeliveryWriter(database.store, limits);
    const lost = [writer.keep(delivery(1)), writer.keep(delivery(1)), writer.keep(delivery(2))];
    const first = await database.batch(0);
    const next = writer.keep(delivery(3));
    first.fail(new StoreUnavailableError('gone'));
    const outcomes = await Promise.allSettled(lost);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
    (await database.batch(1)).commit();
    expect(await next).toBe('stored');
  });

  it('comes at once when too much waits already, and passes when it has been stored', async () => {
    const database = heldDatabase();
    const writer = createDeliveryWriter(database.store, { ...limits, batchRows: 1, waitingRows: 2 });
    const running = writer.keep(delivery(1));
    await database.batch(0);
    const waiting = [writer.keep(delivery(2)), writer.keep(delivery(3))];
    await expect(writer.keep(delivery(4))).rejects.toThrow(StoreUnavailableError);
    await expect(writer.keep(delivery(4))).rejects.toThrow('2 deliveries wait');
    for (let n = 0; n < 3; n += 1) (await database.batch(n)).commit();
    await Promise.all([running, ...waiting]);
    const again = writer.keep(delivery(4));
    (await database.batch(3)).commit();
    expect(await again).toBe('stored');
  });

  it('does not come for a single delivery that is bigger than the limit on what waits', async () => {
    const database = heldDatabase();
    const writer = createDeliveryWriter(database.store, { ...limits, waitingBytes: 10 });
    const big = writer.keep(delivery(1, { body: new Uint8Array(1_000) }));
    await expect(writer.keep(delivery(2))).rejects.toThrow('wait to be stored');
    (await database.batch(0)).commit();
    expect(await big).toBe('stored');
  });
});

it('closes when all that waited is stored, and takes nothing more', async () => {
  const database = heldDatabase();
  const writer = createDeliveryWriter(database.store, { ...limits, batchRows: 1 });
  const calls = [writer.keep(delivery(1)), writer.keep(delivery(2))];
  const closing = writer.close();
  await expect(writer.keep(delivery(3))).rejects.toThrow('closed');
  for (let n = 0; n < 2; n += 1) (await database.batch(n)).commit();
  await closing;
  expect(await Promise.all(calls)).toEqual(['stored', 'stored']);
});
