// A control plane on the memory store: what is over is judged once, and a host that gets slow makes an incident that goes away.

import { describe, expect, test } from 'vitest';
import { at, host, job, vm, vmName } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import { admin, type Caller } from '../../domain/access/caller.ts';
import type { FailureClass } from '../../domain/attribution/failure-class.ts';
import { runId } from '../../domain/ids.ts';
import { after, type Instant, instantOf, minutes, seconds } from '../../domain/time.ts';
import { silentLog } from '../../ports/log.ts';
import type { Deps } from '../deps.ts';
import { getIncident, listIncidents } from '../requests/incidents.ts';
import { attributionLoop } from './watch-phases.ts';

async function listed(deps: Deps, caller: Caller) {
  const answer = await listIncidents(deps, { params: {}, query: { limit: 10 }, body: undefined }, caller);
  return answer.ok ? answer.value : undefined;
}

function aControlPlane() {
  const store = openMemoryStore();
  let now: Instant = at(0);
  let number = 0;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const deps = { store, clock, log: silentLog, settings: { readLogs: true } } as unknown as Deps;
  return {
    deps,
    /** A job gets its VM, which took so long to boot. */
    async bootedIn(ms: number): Promise<void> {
      number += 1;
      const id = vmName(number);
      const theJob = job(number);
      await store.transaction(async (tx) => {
        await tx.jobs.insert(theJob);
        await tx.vms.insert(
          vm(number, { host: host(1).id, cause: theJob.id, job: theJob.id, state: 'busy' }),
        );
        const subject = { kind: 'vm', id } as const;
        await tx.history.append([
          { at: now, subject, event: 'process-up', data: {} },
          { at: instantOf(now + ms), subject, event: 'guest-up', data: {} },
        ]);
        await tx.attribution.note({ kind: 'started', job: theJob.id, vm: id });
      });
      now = after(now, minutes(1));
      await attributionLoop.run(deps, {});
    },
    /** A VM boots, and nothing says when it will be up. */
    async startedToBoot(): Promise<void> {
      number += 1;
      const [theJob, since] = [job(number), now];
      await store.transaction(async (tx) => {
        await tx.jobs.insert(theJob);
        const asked = { cause: theJob.id, host: host(1).id, state: 'starting', since } as const;
        await tx.vms.insert(vm(number, asked));
      });
      now = after(now, minutes(1));
      await attributionLoop.run(deps, {});
    },
    /** A job runs and ends, of its VM nothing is left, and when it failed its log has told why some seconds later. */
    async ran(why?: FailureClass): Promise<void> {
      number += 1;
      const [id, before] = [vmName(number), job(number)];
      const completed = { conclusion: why === undefined ? 'success' : 'failure', at: now } as const;
      const knowledge = { ...before.knowledge, started: { at: now }, completed };
      const theJob = { ...before, runId: runId(number), state: 'done' as const, knowledge };
      const subject = { kind: 'vm', id } as const;
      await store.transaction(async (tx) => {
        await tx.jobs.insert(theJob);
        const ended = { cause: theJob.id, job: theJob.id, host: host(1).id, state: 'gone' } as const;
        await tx.vms.insert(vm(number, ended));
        await tx.history.append([{ at: now, subject, event: 'proved-gone', data: {} }]);
        await tx.attribution.note({ kind: 'ended', job: theJob.id });
        await tx.attribution.note({ kind: 'gone', vm: id });
      });
      if (why !== undefined) {
        now = after(now, seconds(5));
        await attributionLoop.run(deps, {});
        const ofJob = { kind: 'job', id: theJob.id } as const;
        const line = { at: now, subject: ofJob, event: 'log-read', data: { class: why } };
        await store.transaction((tx) => tx.history.append([line]));
      }
      now = after(now, minutes(1));
      await attributionLoop.run(deps, {});
    },
    /** Nothing is left of any VM. */
    async cleared(): Promise<void> {
      await store.transaction(async (tx) => {
        for (const left of await tx.vms.allLive()) await tx.vms.update({ ...left, state: 'gone' });
      });
    },
    later: (ms: number) => {
      now = after(now, ms);
    },
    incidents: async (caller: Caller) => (await listed(deps, caller))?.incidents ?? [],
    verdict: async (caller: Caller) => (await listed(deps, caller))?.verdict,
  };
}

const member = (owner: string): Caller => ({ ...admin, kind: 'person', reach: [owner], mayOperate: false });

describe('the round that judges', () => {
  test('opens an incident for a slow host, shows each member their own jobs only, and closes it', {
    timeout: 60_000,
  }, async () => {
    const plane = aControlPlane();
    for (let n = 0; n < 150; n += 1) await plane.bootedIn(3_000 + (n % 7) * 100);
    expect(await plane.incidents(admin)).toEqual([]);
    for (let n = 0; n < 15; n += 1) await plane.bootedIn(9_000);
    const [incident] = await plane.incidents(admin);
    expect(incident).toMatchObject({ owner: 'host', evidence: [{ what: 'booting' }] });
    expect(incident?.closedAt).toBeUndefined();

    const owner = incident?.evidence[0]?.accounts[0]?.account ?? '';
    expect((await plane.incidents(member(owner)))[0]?.evidence[0]?.examples.length).toBeGreaterThan(0);
    expect(await plane.incidents(member('globex-other'))).toEqual([]);
    expect(await plane.verdict(member(owner))).toMatchObject({ side: 'us', owners: ['host'] });
    expect(await plane.verdict(member('globex-other'))).toMatchObject({ side: 'nobody', owners: [] });
    const asked = { params: { incident: incident?.id ?? '' }, query: undefined, body: undefined };
    expect((await getIncident(plane.deps, asked, member(owner))).ok).toBe(true);
    expect((await getIncident(plane.deps, asked, member('globex-other'))).ok).toBe(false);

    for (let n = 0; n < 20; n += 1) await plane.bootedIn(3_100);
    expect((await plane.incidents(admin))[0]).toMatchObject({ ending: 'calm' });
    expect(await plane.verdict(admin)).toMatchObject({ side: 'nobody' });
  });

  test('opens one for VMs that have not booted yet, and closes it when they are gone and others boot', async () => {
    const plane = aControlPlane();
    for (let n = 0; n < 80; n += 1) await plane.bootedIn(3_000 + (n % 7) * 100);
    for (let n = 0; n < 8; n += 1) await plane.startedToBoot();
    const [incident] = await plane.incidents(admin);
    expect(incident).toMatchObject({ owner: 'host', subject: `host:${host(1).id}` });
    expect(incident?.evidence[0]).toMatchObject({ what: 'booting' });
    expect(incident?.evidence[0]?.examples.length).toBeGreaterThan(0);
    await plane.cleared();
    for (let n = 0; n < 20; n += 1) await plane.bootedIn(3_100);
    expect((await plane.incidents(admin))[0]).toMatchObject({ ending: 'calm' });
  });

  test('follows what the logs of failed jobs told, and counts it for each of those who may see them', {
    timeout: 60_000,
  }, async () => {
    const plane = aControlPlane();
    for (let n = 0; n < 80; n += 1) await plane.ran();
    for (let n = 0; n < 10; n += 1) await plane.ran('rate-limited');
    const open = (await plane.incidents(admin)).filter(({ closedAt }) => closedAt === undefined);
    expect(open.map(({ owner }) => owner)).toEqual(['network']);
    const [evidence] = open[0]?.evidence ?? [];
    const [told] = evidence?.reasons ?? [];
    expect(told).toMatchObject({
      ...{ class: 'rate-limited', words: 'a registry that said 429' },
      advice: expect.stringContaining('registry mirror'),
    });
    expect(evidence?.reasons).toHaveLength(1);
    expect(told?.jobs).toBe(evidence?.jobs);
    expect(await plane.verdict(admin)).toMatchObject({
      owners: ['network'],
      words: expect.stringContaining('of them by a registry that said 429'),
    });
  });

  test('leaves with the workflow what its log lays on nobody else', { timeout: 60_000 }, async () => {
    const plane = aControlPlane();
    for (let n = 0; n < 80; n += 1) await plane.ran();
    for (let n = 0; n < 10; n += 1) await plane.ran('disk-full');
    expect(await plane.incidents(admin)).toMatchObject([
      { owner: 'workflow', evidence: [{ reasons: [{ class: 'disk-full' }] }] },
    ]);
  });

  test('names a host to those whom it serves, and to others not even by its id', async () => {
    const plane = aControlPlane();
    for (let n = 0; n < 80; n += 1) await plane.bootedIn(3_000 + (n % 7) * 100);
    for (let n = 0; n < 15; n += 1) await plane.bootedIn(9_000);
    const owner = (await plane.incidents(admin))[0]?.evidence[0]?.accounts[0]?.account ?? '';
    const known = host(1, { name: 'cellar', owners: [owner] });
    await plane.deps.store.transaction((tx) => tx.hosts.insert(known));
    for (const caller of [admin, member(owner)]) {
      expect(await plane.incidents(caller)).toMatchObject([{ subject: `host:${known.id}`, name: 'cellar' }]);
      expect((await plane.verdict(caller))?.words).toMatch(/^Yes, it is us: host cellar, /);
    }
    await plane.deps.store.transaction((tx) => tx.hosts.update({ ...known, owners: ['globex-other'] }));
    const seen = [await plane.incidents(member(owner)), await plane.verdict(member(owner))];
    expect(seen).toMatchObject([
      [{ subject: 'host', name: 'a host' }],
      { words: expect.stringMatching(/: a host, /) },
    ]);
    expect(JSON.stringify(seen)).not.toContain(known.id);
  });

  test('judges each thing once, and waits longer when there is nothing to judge', async () => {
    const plane = aControlPlane();
    await plane.bootedIn(3_000);
    expect((await attributionLoop.run(plane.deps, {})).nextInMs).toBe(minutes(1));
    await plane.cleared();
    const streams = () => plane.deps.store.transaction((tx) => tx.attribution.streams());
    const once = await streams();
    expect(once.size).toBeGreaterThan(0);
    const { nextInMs } = await attributionLoop.run(plane.deps, {});
    expect(nextInMs).toBeGreaterThan(minutes(1));
    expect(await streams()).toEqual(once);
  });
});
