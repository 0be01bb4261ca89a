import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { delivery, guid } from '../../../test/contract/store/things.ts';
import { embedded, startTestServer, type TestServer } from '../../../test/support/postgres-servers.ts';
import { deliveryGuid } from '../../domain/ids.ts';
import { instantOf } from '../../domain/time.ts';
import type { NewDelivery } from '../../ports/delivery-tables.ts';
import type { PostgresStore } from './postgres-store.ts';

let server: TestServer;
let store: PostgresStore;

beforeAll(async () => {
  server = await startTestServer(embedded);
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.empty();
  store = await server.openStore();
  return () => store.close();
});

const kept = (id: NewDelivery['guid']) => store.transaction((tx) => tx.deliveries.get(id));

describe('deliveries that share a statement', () => {
  it('each come back as they came, whatever their words and bytes are', async () => {
    const word = fc.oneof(
      fc.constantFrom('NULL', '', ' ', '{}', '"', '\\', 'a,b', "'", '\\"', '\n', '😀'),
      fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\u0000', '')),
    );
    const some = fc.uniqueArray(
      fc.record({ guid: word, event: word, body: fc.uint8Array({ maxLength: 40_000, size: 'max' }) }),
      { selector: (one) => one.guid, minLength: 1, maxLength: 12 },
    );
    let n = 0;
    await fc.assert(
      fc.asyncProperty(some, async (words) => {
        n += 1;
        const sent = words.map((one) => ({ ...delivery(n), ...one, guid: deliveryGuid(`${n}${one.guid}`) }));
        const outcomes = await Promise.all(sent.map((one) => store.keepDelivery(one)));
        expect(outcomes).toEqual(sent.map(() => 'stored'));
        for (const one of sent) expect(await kept(one.guid)).toMatchObject(one);
      }),
      { numRuns: 30 },
    );
  });

  it('are told apart: what is new from what was there', async () => {
    await Promise.all([1, 3].map((n) => store.keepDelivery(delivery(n))));
    const outcomes = await Promise.all([1, 2, 3, 4].map((n) => store.keepDelivery(delivery(n))));
    expect(outcomes).toEqual(['duplicate', 'stored', 'duplicate', 'stored']);
  });

  it('may be larger together than the socket takes at once', async () => {
    const sent = [1, 2, 3].map((n) => delivery(n, { body: new Uint8Array(3_000_000).fill(n) }));
    await Promise.all(sent.map((one) => store.keepDelivery(one)));
    for (const one of sent) {
      const { body = '' } = (await kept(one.guid)) ?? {};
      expect(Buffer.from(body).equals(one.body)).toBe(true);
    }
  });

  it('outlive those of the day before, which they were stored with', async () => {
    const midnight = Date.UTC(2027, 0, 2);
    const [before, after] = [-1, 1].map((ms, n) =>
      delivery(n, { receivedAt: instantOf(midnight + ms), body: new Uint8Array(5_000).fill(n) }),
    );
    const both = [before, after].flatMap((one) => one ?? []);
    await Promise.all(both.map((one) => store.keepDelivery(one)));
    await store.transaction(async (tx) => {
      for (const one of both) await tx.deliveries.mark(one.guid, 'done', '');
    });
    await store.retain({ deliveries: instantOf(midnight), history: instantOf(0) });
    expect(await kept(guid(0))).toBeUndefined();
    expect((await kept(guid(1)))?.body).toEqual(after?.body);
  });

  it('leave those alone that were stored as they came, before there were packs', async () => {
    const body = new Uint8Array(3_000).fill(7);
    await store.keepDelivery(delivery(1, { body }));
    const bytes = Buffer.from(body).toString('hex');
    await server.query(
      `update deliveries set body = '\\x${bytes}', pack_at = null, pack_seq = null, pack_start = null, pack_length = null`,
    );
    expect((await kept(guid(1)))?.body).toEqual(body);
  });

  it('fail with the word of the database, and the next are stored', async () => {
    await server.query('alter table deliveries add constraint no_tea check (event <> $$tea$$)');
    await expect(store.keepDelivery(delivery(1, { event: 'tea' }))).rejects.toThrow('no_tea');
    expect(await store.keepDelivery(delivery(2))).toBe('stored');
    expect(await kept(guid(1))).toBeUndefined();
  });
});
