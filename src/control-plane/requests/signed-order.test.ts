import { expect, it } from 'vitest';
import { at, host, vm } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import { admin, type Caller } from '../../domain/access/caller.ts';
import { defaultCapacityPolicy } from '../../domain/scheduling/capacity.ts';
import { silentLog } from '../../ports/log.ts';
import { apiHandlers } from './api.ts';

const olga: Caller = {
  kind: 'person',
  name: 'olga',
  key: 'session 1',
  reach: 'all',
  mayOperate: true,
  person: 1,
};

it.each([
  [olga, 'olga'],
  [admin, 'somebody else'],
])('an order to a host is written down as of whoever gave it: %o', async (caller, by) => {
  const store = openMemoryStore();
  await store.transaction((tx) => tx.hosts.insert(host(1)));
  const settings = { image: vm(1).image, capacity: defaultCapacityPolicy };
  const deps = { store, log: silentLog, settings, clock: { now: () => at(1), sleep: async () => {} } };
  const handlers = apiHandlers(deps as never);
  const body = { order: 'drain' as const, by: 'somebody else', why: '', force: false };
  const answer = await handlers.orderHost({ params: { host: host(1).id }, query: {}, body }, caller);
  expect(answer).toMatchObject({ ok: true, value: { host: { hold: { by } } } });
});
