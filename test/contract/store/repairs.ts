import { expect } from 'vitest';
import { type RedeliveryState, redeliveryPolicy } from '../../../src/domain/repair/redelivery.ts';
import { type Repair, repairKinds } from '../../../src/domain/repair/repair.ts';
import { itWith, meeting, type OpenStores, within } from './stores.ts';
import { at, guid, hostName, job, vmName } from './things.ts';

const found = (changes: Partial<Repair> = {}): Repair => ({
  at: at(0),
  kind: 'job-found-by-poll',
  cause: 'no webhook told of it',
  subject: { kind: 'job', id: job(1).id },
  owner: 'acme',
  data: { state: 'queued', nested: { list: [1, null, 'x'] } },
  ...changes,
});
const lost = found({
  kind: 'vm-replaced',
  cause: 'guest-silent',
  subject: { kind: 'vm', id: vmName(1) },
  owner: 'globex',
});
const silent: Repair = {
  at: at(5),
  kind: 'host-silent',
  cause: 'it said nothing for a while',
  subject: { kind: 'host', id: hostName(1) },
  data: {},
};

export function repairContract(open: OpenStores): void {
  const it = itWith(open);

  it('gives back what was written, newest first, each with its number', async ({ a, b }) => {
    await within(a, (tx) => tx.repairs.append([found(), lost]));
    await within(b, (tx) => tx.repairs.append([silent]));
    await within(b, (tx) => tx.repairs.append([]));
    const all = await within(a, (tx) => tx.repairs.list({}, { limit: 10 }));
    expect(all.map(({ number: _, ...repair }) => repair)).toStrictEqual([silent, lost, found()]);
    const numbers = all.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((x, y) => y - x));
  });

  it('writes nothing of a transaction that failed', async ({ a }) => {
    const failed = a.transaction(async (tx) => {
      await tx.repairs.append([found()]);
      throw new Error('died');
    });
    await expect(failed).rejects.toThrow('died');
    expect(await within(a, (tx) => tx.repairs.list({}, { limit: 10 }))).toEqual([]);
  });

  it('is read page by page', async ({ a }) => {
    const causes = ['1', '2', '3', '4', '5'];
    await within(a, (tx) => tx.repairs.append(causes.map((cause) => found({ cause }))));
    const seen: string[] = [];
    let before: number | undefined;
    do {
      const page = { limit: 2, ...(before !== undefined && { before }) };
      const rows = await within(a, (tx) => tx.repairs.list({}, page));
      seen.push(...rows.map(({ cause }) => cause));
      before = rows.at(-1)?.number;
    } while (before !== undefined);
    expect(seen).toEqual(causes.toReversed());
  });

  it('is read and counted for one account, by kind, and since a time', async ({ a }) => {
    await within(a, (tx) => tx.repairs.append([found(), found({ at: at(9) }), lost, silent]));
    const kindsOf = async (filter: Parameters<typeof list>[0]) =>
      (await list(filter)).map(({ kind }) => kind);
    const list = (filter: { owner?: string; kinds?: Repair['kind'][]; since?: Repair['at'] }) =>
      within(a, (tx) => tx.repairs.list(filter, { limit: 10 }));
    expect(await kindsOf({ owner: 'acme' })).toEqual(['job-found-by-poll', 'job-found-by-poll']);
    expect(await kindsOf({ kinds: ['vm-replaced', 'host-silent'] })).toEqual(['host-silent', 'vm-replaced']);
    expect(await kindsOf({ kinds: [] })).toEqual([]);
    expect(await kindsOf({ since: at(5) })).toEqual(['host-silent', 'job-found-by-poll']);
    expect(await kindsOf({ since: at(5), owner: 'acme', kinds: ['job-found-by-poll'] })).toHaveLength(1);

    const none = Object.fromEntries(repairKinds.map((kind) => [kind, 0]));
    const counts = await within(a, (tx) => tx.repairs.count({}));
    expect(counts).toEqual({ ...none, 'job-found-by-poll': 2, 'vm-replaced': 1, 'host-silent': 1 });
    expect(await within(a, (tx) => tx.repairs.count({ owner: 'globex' }))).toEqual({
      ...none,
      'vm-replaced': 1,
    });
    expect((await within(a, (tx) => tx.repairs.count({ since: at(6) })))['job-found-by-poll']).toBe(1);
  });

  const walked: RedeliveryState = {
    revision: 1,
    walkedAt: at(1),
    walk: { startedAt: at(2), backTo: at(-redeliveryPolicy.windowMs), cursor: 'v1_7' },
    lost: [{ guid: guid(1), attempt: 7, firstAt: at(0), asks: 1, nextAskAt: at(60_000), original: true }],
  };

  it('remembers what a loop remembers', async ({ a, b }) => {
    expect(await within(a, (tx) => tx.loops.get('redeliver'))).toBeUndefined();
    await within(a, (tx) => tx.loops.put('redeliver', walked));
    expect(await within(b, (tx) => tx.loops.get('redeliver'))).toStrictEqual(walked);
    await within(b, (tx) => tx.loops.put('redeliver', { revision: 2, lost: [] }));
    expect(await within(a, (tx) => tx.loops.get('redeliver'))).toStrictEqual({ revision: 2, lost: [] });
  });

  it('lets one after the other change what a loop remembers, under its lock', async ({ a, b }) => {
    const bothAreIn = meeting(2);
    const raise = (store: typeof a): Promise<void> =>
      store.transaction(async (tx) => {
        await bothAreIn();
        await tx.lock('repair:redeliver');
        const revision = (await tx.loops.get('redeliver'))?.revision ?? 0;
        await tx.loops.put('redeliver', { revision: revision + 1, lost: [] });
      });
    await Promise.all([raise(a), raise(b)]);
    expect((await within(a, (tx) => tx.loops.get('redeliver')))?.revision).toBe(2);
  });
}
