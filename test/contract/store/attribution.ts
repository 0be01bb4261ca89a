import { expect } from 'vitest';
import type { Incident } from '../../../src/domain/attribution/incident.ts';
import type { StreamKey } from '../../../src/domain/attribution/sample.ts';
import { newStream, type Stream } from '../../../src/domain/attribution/stream.ts';
import type { IncidentFilter, RepositoryStreams } from '../../../src/ports/incident-tables.ts';
import type { Change } from '../../../src/ports/store.ts';
import { eventually, itWith, type OpenStores, within } from './stores.ts';
import { at, job, vmName } from './things.ts';

const anIncident = (id: string, seconds: number, accounts: Record<string, number>): Incident => ({
  id,
  owner: 'host',
  subject: 'host:host-1',
  since: at(seconds - 60),
  openedAt: at(seconds),
  evidence: [
    { stream: 'time booting host:host-1', what: 'booting', ratio: 2, jobs: 3, accounts, examples: [] },
  ],
});

export function attributionContract(open: OpenStores): void {
  const it = itWith(open);

  it('gives notes back in the order of writing until they are forgotten', async ({ a, b }) => {
    const notes = [
      { kind: 'started', job: job(1).id, vm: vmName(1) },
      { kind: 'ended', job: job(1).id },
      { kind: 'gone', vm: vmName(1) },
    ] as const;
    for (const note of notes) await within(a, (tx) => tx.attribution.note(note));
    const found = await within(b, (tx) => tx.attribution.notes(2));
    expect(found.map(({ number: _, ...note }) => note)).toStrictEqual(notes.slice(0, 2));
    await within(b, (tx) => tx.attribution.forget(found.map(({ number }) => number)));
    await within(b, (tx) => tx.attribution.forget([]));
    const left = await within(a, (tx) => tx.attribution.notes(10));
    expect(left.map(({ kind }) => kind)).toEqual(['gone']);
  });

  it('writes no note of a transaction that failed', async ({ a }) => {
    const failed = a.transaction(async (tx) => {
      await tx.attribution.note({ kind: 'ended', job: job(1).id });
      throw new Error('died');
    });
    await expect(failed).rejects.toThrow('died');
    expect(await within(a, (tx) => tx.attribution.notes(10))).toEqual([]);
  });

  it('keeps what is usual, one row for each stream', async ({ a, b }) => {
    const one: StreamKey = 'time booting host:host-1';
    const other: StreamKey = 'fail workflow repository:a/\u0001"b';
    const first = new Map<StreamKey, Stream>([
      [one, newStream(at(1))] as const,
      [other, newStream(at(2))] as const,
    ]);
    await within(a, (tx) => tx.attribution.putStreams(first));
    const changed: Stream = {
      ...newStream(at(3)),
      seen: { bins: [[4, 1.5] as const], weight: 1.5 },
      evidence: 2.25,
    };
    await within(b, (tx) => tx.attribution.putStreams(new Map<StreamKey, Stream>([[one, changed]])));
    await within(b, (tx) => tx.attribution.putStreams(new Map()));
    const kept = await within(a, (tx) => tx.attribution.streams());
    expect(new Map(kept)).toStrictEqual(
      new Map<StreamKey, Stream>([[one, changed] as const, [other, newStream(at(2))] as const]),
    );
    const keysOf = async (of: RepositoryStreams): Promise<readonly StreamKey[]> => [
      ...(await within(a, (tx) => tx.attribution.streams(of))).keys(),
    ];
    expect(await keysOf({ since: at(3) })).toEqual([one]);
    expect(await keysOf({ since: at(2) })).toEqual([other, one]);
    expect(await keysOf({ since: at(0), owners: ['b', 'a'] })).toEqual([other, one]);
    expect(await keysOf({ since: at(0), owners: ['b'] })).toEqual([one]);
    expect(await keysOf({ since: at(0), owners: [] })).toEqual([one]);
  });

  it('tells of an incident that was written, to each account whose jobs are in it', async ({ a, b }) => {
    const heard: Change[] = [];
    b.onChange((change) => heard.push(change));
    await within(a, async (tx) => {
      await tx.attribution.putIncident(anIncident('two', 200, { acme: 1, globex: 5 }));
      await tx.attribution.putIncident(anIncident('two', 200, { acme: 1, globex: 6 }));
      await tx.attribution.putIncident(anIncident('none', 300, {}));
    });
    await eventually(() => heard.length >= 3);
    expect(heard).toEqual([
      { kind: 'incident', id: 'two', owner: 'acme' },
      { kind: 'incident', id: 'two', owner: 'globex' },
      { kind: 'incident', id: 'none' },
    ]);
  });

  it('keeps what the status page says of an incident', async ({ a, b }) => {
    const told: Incident = {
      ...anIncident('one', 100, { acme: 2 }),
      githubStatus: {
        says: 'same',
        toldAt: at(160),
        troubles: [{ component: 'Webhooks', status: 'major_outage', toldAt: at(160), title: 'a\u0001"b' }],
      },
    };
    await within(a, (tx) => tx.attribution.putIncident(told));
    const kept = await within(b, (tx) => tx.attribution.incident('one'));
    expect(kept?.githubStatus).toMatchObject({ says: 'same', troubles: [{ status: 'major_outage' }] });
  });

  it('lists incidents newest first, by whose jobs are in them and whether they are over', async ({
    a,
    b,
  }) => {
    const ours = anIncident('one', 100, { acme: 2 });
    const both = anIncident('two', 200, { acme: 1, globex: 5 });
    const theirs = anIncident('three', 300, { globex: 5 });
    await within(a, async (tx) => {
      for (const incident of [theirs, ours, both]) await tx.attribution.putIncident(incident);
    });
    const over: Incident = { ...both, closedAt: at(400), ending: 'calm' };
    await within(a, (tx) => tx.attribution.putIncident(over));
    const list = (filter: IncidentFilter, limit = 10) =>
      within(b, async (tx) => (await tx.attribution.incidents(filter, limit)).map(({ id }) => id));
    expect(await list({})).toEqual(['three', 'two', 'one']);
    expect(await list({}, 1)).toEqual(['three']);
    expect(await list({ owners: ['acme'] })).toEqual(['two', 'one']);
    expect(await list({ owners: ['acme'], open: true })).toEqual(['one']);
    expect(await list({ owners: [] })).toEqual([]);
    expect(await list({ whose: ['host', 'bellows'], owners: ['acme'] })).toEqual(['two', 'one']);
    expect(await list({ whose: ['bellows'] })).toEqual([]);
    expect(await list({ since: at(400) })).toEqual(['three', 'two', 'one']);
    expect(await list({ since: at(401) })).toEqual(['three', 'one']);
    expect(await within(b, (tx) => tx.attribution.incident('two'))).toStrictEqual(over);
    expect(await within(b, (tx) => tx.attribution.incident('none'))).toBeUndefined();
  });
}
