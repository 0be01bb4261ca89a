// With a hundred thousand jobs no list reads them all: told by the plan of the database itself, so that a slow machine changes
// nothing.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, job } from '../../../test/contract/store/things.ts';
import { embedded, startTestServer, type TestServer } from '../../../test/support/postgres-servers.ts';
import { jobId } from '../../domain/ids.ts';
import type { PostgresStore } from './postgres-store.ts';

const count = 100_000;
let server: TestServer;
let store: PostgresStore;

beforeAll(async () => {
  server = await startTestServer(embedded);
  store = await server.openStore();
  const doc = JSON.stringify(job(1)).replaceAll("'", "''");
  // All of one millisecond, a hundred at a time: the worst that a time can do to a page.
  await server.query(`
    insert into jobs (id, version, state, served, owner, repository, run_id, demand, first_seen_at, search, doc)
    select n, 1, case when n % 20000 = 0 then 'queued' else 'done' end, true,
      case when n % 1000 = 0 then 'rare' else 'acme' end, 'acme/app', n / 10, 'x', ${at(0)} + n / 100,
      n || E'\\nacme/app\\nbuild' || case when n = 77 then ' needle' else '' end,
      json_build_object('id', n, 'firstSeenAt', ${at(0)} + n / 100, 'rest', '${doc}'::json)
    from generate_series(1, ${count}) as n
  `);
  await server.query('vacuum analyze jobs');
}, 120_000);
afterAll(async () => {
  await store?.close();
  await server?.stop();
});

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}
const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

describe('a list of 100,000 jobs', () => {
  const ids = (filter: Parameters<typeof list>[0], from?: number) => list(filter, from);
  const list = (
    filter: { states?: readonly ('queued' | 'done')[]; text?: string; owners?: readonly string[] },
    from?: number,
  ) =>
    store.transaction(async (tx) => {
      const place = from === undefined ? undefined : { at: at(Math.floor(from / 100)), id: jobId(from) };
      return (await tx.jobs.list(filter, 50, place)).map(({ id }) => Number(id));
    });

  it('goes on anywhere without a row twice or left out', async () => {
    expect(await ids({}, 50_000)).toEqual(Array.from({ length: 50 }, (_, n) => 49_999 - n));
    expect(await ids({}, 20)).toEqual(Array.from({ length: 19 }, (_, n) => 19 - n));
  });

  it('finds the few among the many', async () => {
    expect(await ids({ states: ['queued'] })).toEqual([100_000, 80_000, 60_000, 40_000, 20_000]);
    expect(await ids({ text: 'NEEDLE' })).toEqual([77]);
    expect(await ids({ owners: ['rare'], text: 'build' })).toHaveLength(50);
    expect(await ids({ owners: ['nobody'] })).toEqual([]);
  });

  it.each([
    ['a page in the middle', `(first_seen_at, id) < (${at(500)}, 50000)`],
    ['rare states', "state = any(array['queued', 'running'])"],
    ['one account', "owner = 'rare'"],
    ['a text that few have', "strpos(search, 'needle') > 0"],
  ])('is read by an index for %s', async (_what, where) => {
    const [row] = await server.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (format json) select id from jobs where ${where} order by first_seen_at desc, id desc limit 50`,
    );
    const kinds = nodes(row?.['QUERY PLAN'][0].Plan as Plan).map((node) => node['Node Type']);
    expect(kinds).not.toContain('Seq Scan');
    expect(
      kinds.some((kind) => /Index/.test(kind)),
      kinds.join(),
    ).toBe(true);
  });
});
