// Two control planes on one PostgreSQL: whoever listens at one hears what is written through the other.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttpServer, type HttpServer } from '../../src/adapters/http-fastify/server.ts';
import { liveFeed } from '../../src/control-plane/live/live-feed.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { apiPrefix } from '../../src/wire/api/endpoint.ts';
import { globex, job, vm } from '../contract/store/things.ts';
import { noAudit } from '../support/no-audit.ts';
import { embedded, startTestServer, type TestServer } from '../support/postgres-servers.ts';

const ada: Caller = { kind: 'person', name: 'ada', key: 'ada', reach: ['acme'], mayOperate: false };

let postgres: TestServer;
let stores: Store[];
let http: HttpServer;
let base: string;

beforeAll(async () => {
  postgres = await startTestServer(embedded);
  stores = [await postgres.openStore(), await postgres.openStore()];
  http = await createHttpServer({
    webhook: async () => ({ status: 202, text: '' }),
    api: {} as never,
    live: liveFeed({ store: stores[0] as Store, log: silentLog }, 'first'),
    audit: noAudit,
    identify: async () => ada,
    log: silentLog,
  });
  base = `http://127.0.0.1:${(await http.listen({ host: '127.0.0.1', port: 0 })).port}${apiPrefix}`;
}, 60_000);
afterAll(async () => {
  await http?.close();
  for (const store of stores ?? []) await store.close();
  await postgres?.stop();
});

it('is told at one server what was written through the other, and nothing of other accounts', async () => {
  const response = await fetch(`${base}/live`, { headers: { authorization: 'Bearer ada' } });
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).values();
  let heard = '';
  const until = async (word: string): Promise<void> => {
    while (!heard.includes(word)) {
      const { value, done } = (await chunks?.next()) ?? { value: '', done: true };
      if (done) throw new Error(`the stream ended before ${word}: ${heard}`);
      heard += value;
    }
  };
  await until('"changed":[]');
  const [, second] = stores;
  await second?.transaction((tx) => tx.vms.insert(vm(1, { scope: globex })));
  await second?.transaction((tx) => tx.jobs.insert(job(1)));
  await until('"jobs"');
  expect(heard).not.toContain('"vms"');
  await chunks?.return?.();
}, 60_000);
