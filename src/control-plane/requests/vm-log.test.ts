import { expect, it } from 'vitest';
import { at, host, vm } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import { admin } from '../../domain/access/caller.ts';
import { endpoints } from '../../wire/api/endpoints.ts';
import type { WantedLines } from '../agent-link/agent-requests.ts';
import { vmLog } from './vms.ts';

it.each([
  [{}, { count: 500 }],
  [{ lines: 3 }, { count: 3 }],
  [{ ageSeconds: 900 }, { count: 10_000, since: at(-900_000) }],
  [
    { since: '2026-11-24T11:00:00Z', lines: 7 },
    { count: 7, since: at(-3_600_000) },
  ],
])('of a VM as much of its log is asked for as somebody wants: %j', async (query, wanted) => {
  const store = openMemoryStore();
  await store.transaction((tx) => tx.vms.insert(vm(1, { state: 'gone', host: host(1).id })));
  const asked: WantedLines[] = [];
  const answer = await vmLog(
    {
      store,
      clock: { now: () => at(0), sleep: () => Promise.resolve() },
      readLog: async (_host, _vm, lines) => {
        asked.push(lines);
        return ['a line'];
      },
    },
    { params: { vm: vm(1).id }, query: endpoints.vmLog.query.parse(query), body: undefined },
    admin,
  );
  expect(answer).toMatchObject({ ok: true, value: { lines: ['a line'] } });
  expect(asked).toEqual([wanted]);
});

it('an age and a time together are refused', () => {
  const both = { ageSeconds: 1, since: '2026-11-24T11:00:00Z' };
  expect(() => endpoints.vmLog.query.parse(both)).toThrow('not both');
});
