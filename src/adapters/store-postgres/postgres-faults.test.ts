// What the contract does not know of: a server that goes away, many processes that start at once, data that grows old.

import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/contract/store/stores.ts';
import { at, delivery, guid, job, vm, vmName } from '../../../test/contract/store/things.ts';
import { embedded, startTestServer, type TestServer } from '../../../test/support/postgres-servers.ts';
import { after, days, instantOf } from '../../domain/time.ts';
import { silentLog } from '../../ports/log.ts';
import { Secret } from '../../ports/secret.ts';
import { type Store, StoreUnavailableError } from '../../ports/store.ts';
import { partitionOf } from './partitions.ts';
import { openPostgresStore } from './postgres-store.ts';

let server: TestServer;
const stores: Store[] = [];

beforeAll(async () => {
  server = await startTestServer(embedded);
});
afterAll(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await server.stop();
});
beforeEach(() => server.empty());

async function open() {
  const store = await server.openStore();
  stores.push(store);
  return store;
}

const endConnections = (purpose: string): Promise<unknown> =>
  server.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bellows ${purpose}'`,
  );

describe('a server that goes away', () => {
  it('fails what runs with words that help, and works again as soon as it is back', async () => {
    const store = await open();
    const cut = store.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await endConnections('transactions');
      await tx.jobs.insert(job(2));
    });
    await expect(cut).rejects.toThrow(StoreUnavailableError);
    await expect(cut).rejects.toThrow(/is not available\. (The connection broke|It is being stopped)/);
    expect(await store.transaction((tx) => tx.jobs.list({}, 9))).toEqual([]);
    expect(await store.transaction((tx) => tx.jobs.insert(job(1)))).toBe(true);
  });

  it('never answers a delivery that it may have lost, and knows it again when it comes again', async () => {
    const store = await open();
    await store.keepDelivery(delivery(0));
    const calls = Array.from({ length: 400 }, (_, n) => store.keepDelivery(delivery(n + 1)));
    const settled = Promise.allSettled(calls);
    await endConnections('deliveries');
    const outcomes = await settled;
    const known = await store.transaction((tx) => tx.deliveries.known(outcomes.map((_, n) => guid(n + 1))));
    for (const [n, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') expect(known.has(guid(n + 1))).toBe(true);
      else expect(outcome.reason).toBeInstanceOf(StoreUnavailableError);
    }
    await Promise.all(outcomes.map((_, n) => store.keepDelivery(delivery(n + 1))));
    expect(await store.transaction((tx) => tx.deliveries.count('new'))).toBe(401);
  });

  it('is listened to again after the connection was lost, and everybody looks once', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const heard: string[] = [];
    a.onWake('tasks', () => heard.push('tasks'));
    await endConnections('wakes');
    await eventually(() => heard.length === 1);
    await expect
      .poll(async () => {
        await b.transaction(async (tx) => tx.wake('tasks'));
        return heard.length;
      })
      .toBeGreaterThan(1);
  });

  it.each([
    [
      'nothing listens',
      'postgres://u:secret-word@127.0.0.1:9/x',
      /127\.0\.0\.1:9, database x.*Nothing listens there/,
    ],
    [
      'the name is unknown',
      'postgres://u:secret-word@no.such.invalid/x',
      /no\.such\.invalid.*name of its host/,
    ],
    ['it is no URL', 'secret-word', /DATABASE_URL/],
  ])('is named, without the password, when %s', async (_why, url, words) => {
    const opening = openPostgresStore({ connection: { url: new Secret(url) }, log: silentLog });
    const error: unknown = await opening.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(String(error)).toMatch(words);
    expect(String(error)).not.toContain('secret-word');
  });

  it.each([
    ['the password is wrong', { password: new Secret('guess') }, 'refuses the password'],
    ['there is no such database', { database: 'nowhere' }, 'no such database'],
  ])('says so when %s', async (_why, changes, words) => {
    const connection = { ...server.connection, ...changes };
    await expect(openPostgresStore({ connection, log: silentLog })).rejects.toThrow(words);
  });
});

describe('processes that start at the same time', () => {
  it('make the tables once', async () => {
    await server.query('drop schema public cascade; create schema public');
    const opened = await Promise.all([open(), open(), open(), open()]);
    const epochs = new Set(await Promise.all(opened.map((store) => store.epoch())));
    expect(epochs.size).toBe(1);
    expect(await server.query('select count(*)::int as rows from meta')).toEqual([{ rows: 1 }]);
  });

  it('refuse data that a newer Bellows has used', async () => {
    await open();
    await server.query("insert into migrations (name, timestamp) values ('9999-from-tomorrow', '')");
    try {
      await expect(open()).rejects.toThrow(/newer Bellows \(it has 9999-from-tomorrow\)/);
    } finally {
      await server.query("delete from migrations where name like '9999%'");
    }
  });
});

describe('data that grows old', () => {
  it('lies in days and months of UTC', () => {
    const newYear = instantOf(Date.UTC(2027, 0, 1));
    expect(partitionOf('deliveries', newYear)).toEqual({
      table: 'deliveries',
      name: 'deliveries_20270101',
      from: newYear,
      to: after(newYear, days(1)),
    });
    const [before] = [instantOf(newYear - 1)];
    expect(partitionOf('deliveries', before)).toMatchObject({ name: 'deliveries_20261231', to: newYear });
    expect(partitionOf('history', before)).toMatchObject({ name: 'history_202612', to: newYear });
    expect(partitionOf('history', newYear)).toMatchObject({ to: instantOf(Date.UTC(2027, 1, 1)) });
    expect(partitionOf('history', instantOf(0))).toMatchObject({ name: 'history_197001', from: 0 });
  });

  it('goes by whole days and months, but not while a delivery of the day is unread', async () => {
    const store = await open();
    const [old, unread, recent] = [at(0), at(days(1)), at(days(40))];
    await store.keepDelivery(delivery(1, { receivedAt: old }));
    await store.keepDelivery(delivery(2, { receivedAt: unread }));
    await store.keepDelivery(delivery(3, { receivedAt: recent }));
    const line = { subject: { kind: 'system' }, event: 'tick', data: {} } as const;
    await store.transaction(async (tx) => {
      await tx.deliveries.mark(guid(1), 'done', '');
      await tx.history.append([
        { ...line, at: old },
        { ...line, at: recent },
      ]);
    });
    const { dropped } = await store.retain({ deliveries: recent, history: recent });
    expect(dropped).toContain(partitionOf('deliveries', old).name);
    expect(dropped).toContain(partitionOf('history', old).name);
    expect(dropped).not.toContain(partitionOf('deliveries', unread).name);
    await store.transaction(async (tx) => {
      expect([...(await tx.deliveries.known([guid(1), guid(2), guid(3)]))].sort()).toEqual([
        guid(2),
        guid(3),
      ]);
      expect((await tx.history.of({ kind: 'system' }, 9)).map((entry) => entry.at)).toEqual([recent]);
    });
    // A process that knew the partition makes it anew when something of that day comes after all.
    expect(await store.keepDelivery(delivery(4, { receivedAt: old }))).toBe('stored');
    await store.transaction((tx) => tx.history.append([{ ...line, at: old }]));
  });

  it('has its next partitions ahead of time, and making them twice is no matter', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const now = instantOf(Date.UTC(2030, 11, 31, 23));
    await Promise.all([a.prepare(now), b.prepare(now)]);
    await a.prepare(now);
    const rows = await server.query<{ name: string }>(
      "select relname as name from pg_class where relispartition and relkind = 'r' and relname ~ '203' order by 1",
    );
    expect(rows.map((row) => row.name)).toEqual([
      'deliveries_20301231',
      'deliveries_20310101',
      'history_203012',
      'history_203101',
    ]);
  });

  it('is not locked away from others while a partition is made', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    await a.keepDelivery(delivery(1));
    await a.transaction(async (tx) => {
      await tx.deliveries.claim(1);
      const far = at(days(400));
      expect(await b.keepDelivery(delivery(2, { receivedAt: far }))).toBe('stored');
    });
  });
});

describe('a sealed secret', () => {
  it('is in no row of any table once it is erased', async () => {
    const store = await open();
    const jwe = 'eyJhbGciOiJFQ0RILUVTIn0.sealed-to-a-host';
    await store.transaction(async (tx) => {
      await tx.vms.insert(vm(1));
      await tx.sealed.put(vmName(1), jwe);
    });
    expect(await placesOf(jwe)).toEqual(['sealed']);
    await store.transaction((tx) => tx.sealed.erase(vmName(1)));
    expect(await placesOf(jwe)).toEqual([]);
  });
});

describe('the connections', () => {
  it('are durable, end statements that hang, and give whole numbers as numbers', async () => {
    const store = await open();
    await store.transaction((tx) => tx.jobs.insert(job(2 ** 53 - 1)));
    expect((await store.transaction((tx) => tx.jobs.list({}, 1)))[0]?.id).toBe(2 ** 53 - 1);
    const [settings] = await server.query<{ on: string }>(
      'select current_setting(\'synchronous_commit\') as "on"',
    );
    expect(settings?.on).toBe('on');
    expect(pg.types.getTypeParser(20)('1')).toBe('1');
  });
});

/** The tables in which a text stands anywhere. */
async function placesOf(text: string): Promise<string[]> {
  const tables = await server.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await server.query(`select 1 from ${name} t where t::text like '%${text}%'`);
    if (rows.length > 0) found.push(name);
  }
  return found;
}
