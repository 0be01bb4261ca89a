import { beforeEach, describe, expect, it } from 'vitest';
import { acme, at, globex, host, job, vm } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import type { Caller } from '../../domain/access/caller.ts';
import type { ToldVitals } from '../../domain/hosts/vitals.ts';
import { imageDigest, runnerId, runnerName } from '../../domain/ids.ts';
import { finishedJob } from '../../domain/insights/finished-job.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { HostCapacity } from '../../domain/scheduling/host.ts';
import { type Instant, toIso } from '../../domain/time.ts';
import type { Store } from '../../ports/store.ts';
import type { CallOf, EndpointName } from '../../wire/api/endpoints.ts';
import { askAt } from './asking.fixture.ts';

const member: Caller = { kind: 'person', name: 'ada', key: 'ada', reach: ['globex'], mayOperate: false };
const metal = host(1, { name: 'metal' });
const runner = { id: runnerId(4), name: runnerName('bellows-test-1') };
const before = { queued: { asOf: at(0), heardAt: at(500) } };

const elsewhere = { ...job(1).repository, fullName: 'Globex/App' };

const room: HostCapacity = {
  arch: 'x64',
  milliCpus: 8_000,
  memoryMib: 9_000,
  diskGib: 100,
  maxBooting: 2,
  labels: [],
  images: [],
};

let store: Store;
beforeEach(() => {
  store = openMemoryStore();
});
const ask = <N extends EndpointName>(name: N, call: CallOf<N> = {}, caller?: Caller) =>
  askAt({ store, now: at(90_000) }, name, call, caller);
const plant = (things: { jobs?: Job[]; vms?: Vm[]; lines?: HistoryLine[] }) =>
  store.transaction(async (tx) => {
    await tx.hosts.insert(metal);
    for (const one of things.jobs ?? []) await tx.jobs.insert(one);
    for (const one of things.vms ?? []) await tx.vms.insert(one);
    await tx.history.append(things.lines ?? []);
  });
const ofJob = (event: string, time: Instant, data = {}): HistoryLine => ({
  at: time,
  subject: { kind: 'job', id: job(1).id },
  event,
  data,
});
const ofVm = (event: string, time: Instant, data = {}, n = 1): HistoryLine => ({
  at: time,
  subject: { kind: 'vm', id: vm(n).id },
  event,
  data,
});

describe('a job in detail', () => {
  const running = job(1, {
    state: 'running',
    since: at(30_000),
    knowledge: { before, started: { at: at(30_000) }, runner },
  });
  const story = {
    jobs: [running],
    vms: [
      vm(1, { state: 'busy', job: running.id, host: metal.id }),
      vm(2, { state: 'gone', requestedAt: at(-5) }),
    ],
    lines: [
      ofJob('heard', at(1_000), { asOf: at(0) }),
      ofVm('placed', at(2_000)),
      ofVm('process-up', at(3_000)),
      ofVm('guest-up', at(9_000)),
      ofVm('runner-listening', at(12_000)),
      ofVm('guest-job-started', at(30_000)),
      ofVm('agent-usage', at(40_000), { cpuPercentPeak: 50, memoryMibPeak: 900, cpuPercentMean: 30 }),
      ofVm('agent-usage', at(50_000), {
        cpuPercentPeak: 40,
        memoryMibPeak: 1100,
        cpuPercentMean: 9,
        sentBytes: 7,
      }),
    ],
  };

  it('tells where its time went and whose it was, with the phase that goes on', async () => {
    await plant(story);
    const { phases } = await ask('getJob', { params: { job: 1 } });
    const seconds = (time: string | undefined) => time && (Date.parse(time) - at(0)) / 1000;
    expect(phases.map(({ name, owner, from, to }) => [name, owner, seconds(from), seconds(to)])).toEqual([
      ['delivery', 'github', 0, 1],
      ['placing', 'fleet', 1, 2],
      ['starting', 'host', 2, 3],
      ['booting', 'host', 3, 9],
      ['connecting', 'network', 9, 12],
      ['assigning', 'github', 12, 30],
      ['running', 'workflow', 30, undefined],
    ]);
  });

  it('has its VM, what that used at most, every attempt, and what was mended about any of them', async () => {
    await plant(story);
    const repair = { at: at(1), kind: 'vm-replaced', cause: 'guest-silent', data: {} } as const;
    await store.transaction((tx) =>
      tx.repairs.append([
        { ...repair, subject: { kind: 'vm', id: vm(2).id }, owner: 'acme' },
        { ...repair, subject: { kind: 'vm', id: vm(9).id }, owner: 'acme' },
        { ...repair, subject: { kind: 'runner', id: runner.name }, owner: 'globex' },
      ]),
    );
    const answer = await ask('getJob', { params: { job: 1 } });
    expect(answer).toMatchObject({
      job: { id: 1, vm: vm(1).id, phase: 'running' },
      vm: { id: vm(1).id, state: 'busy' },
      resources: { cpuPercentPeak: 50, memoryMibPeak: 1100, cpuPercentMean: 9, sentBytes: 7 },
    });
    expect(answer.attempts.map(({ id }) => id)).toEqual([vm(1).id, vm(2).id]);
    expect(answer.repairs.map(({ subject }) => subject.id)).toEqual([vm(2).id]);
  });

  it('is not there for who does not see its account', async () => {
    await plant(story);
    await expect(ask('getJob', { params: { job: 1 } }, member)).rejects.toThrow('404');
    await expect(ask('getVm', { params: { vm: vm(1).id } }, member)).rejects.toThrow('404');
  });
});

describe('a job in the list', () => {
  it.each([
    ['placing', []],
    ['placing', [vm(1, { state: 'requested' })]],
    ['starting', [vm(1, { state: 'placed' })]],
    ['booting', [vm(1, { state: 'starting' })]],
    ['connecting', [vm(1, { state: 'gone' }), vm(2, { state: 'booted' })]],
    ['assigning', [vm(1, { state: 'idle' })]],
    ['placing', [vm(1, { state: 'idle', cause: job(7).id })]],
  ] as const)('is in the phase %s, as the VM is that it waits for', async (phase, vms) => {
    await plant({ jobs: [job(1)], vms: [...vms] });
    expect((await ask('listJobs')).jobs).toMatchObject([{ phase, phaseSince: expect.any(String) }]);
  });

  it('tells how long it usually takes while it is open, and not of others of its name elsewhere', async () => {
    const done = job(5, {
      name: 'build',
      state: 'done',
      knowledge: { before, started: { at: at(0) }, completed: { conclusion: 'success', at: at(40_000) } },
    });
    await plant({
      jobs: [
        done,
        job(6, { name: 'build' }),
        job(7, { name: 'build', scope: globex, repository: elsewhere }),
      ],
    });
    await store.transaction(async (tx) => tx.insights.record(done.id, finishedJob(done)));
    const { jobs } = await ask('listJobs');
    expect(jobs.map(({ id, usualMs }) => [id, usualMs])).toEqual([
      [7, undefined],
      [6, 40_000],
      [5, undefined],
    ]);
  });
});

describe('pages', () => {
  it('of jobs lead from one to the next until none is left, also where all came at once', async () => {
    await plant({ jobs: Array.from({ length: 25 }, (_, n) => job(n + 1, { firstSeenAt: at(7) })) });
    const seen: number[] = [];
    for (let after: string | undefined; ; ) {
      const page = await ask('listJobs', { query: { limit: 10, ...(after !== undefined && { after }) } });
      seen.push(...page.jobs.map(({ id }) => id));
      after = page.next;
      if (after === undefined) break;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => 25 - n));
  });

  it('of VMs too, in several states', async () => {
    await plant({ vms: [vm(1), vm(2, { state: 'busy' }), vm(3, { state: 'gone' })] });
    const query = { state: 'busy,requested', limit: 1 };
    const first = await ask('listVms', { query });
    expect(first.vms.map(({ id }) => id)).toEqual([vm(2).id]);
    const second = await ask('listVms', { query: { ...query, after: first.next } });
    expect(second.vms.map(({ id }) => id)).toEqual([vm(1).id]);
    expect((await ask('listVms', { query: { ...query, after: second.next } })).vms).toEqual([]);
  });

  it('of events begin with the newest and lead back in time', async () => {
    await plant({
      jobs: [job(1)],
      vms: [vm(1)],
      lines: [1, 2, 3].flatMap((n) => [ofJob(`job ${n}`, at(n)), ofVm(`vm ${n}`, at(n))]),
    });
    const events = async (before?: number) =>
      ask('jobEvents', { params: { job: 1 }, query: { limit: 4, ...(before !== undefined && { before }) } });
    const newest = await events();
    expect(newest.events.map(({ event }) => event)).toEqual(['job 2', 'vm 2', 'job 3', 'vm 3']);
    expect((await events(newest.next)).events.map(({ event }) => event)).toEqual(['job 1', 'vm 1']);
  });

  it('are found by what is in the names', async () => {
    await plant({ jobs: [job(1, { name: 'Deploy' }), job(2)], vms: [vm(1), vm(2)] });
    expect((await ask('listJobs', { query: { text: 'deploy' } })).jobs).toMatchObject([{ id: 1 }]);
    expect((await ask('listVms', { query: { text: 'test-2' } })).vms).toMatchObject([{ id: vm(2).id }]);
  });
});

describe('a VM and a host in detail', () => {
  it('a VM has its steps and the name of its host', async () => {
    await plant({
      vms: [vm(1, { host: metal.id, state: 'busy' })],
      lines: [ofVm('agent-phase', at(3), { phase: 'kernel', ms: 400 })],
    });
    expect(await ask('getVm', { params: { vm: vm(1).id } })).toMatchObject({
      hostName: 'metal',
      steps: [{ phase: 'kernel', ms: 400 }],
      repairs: [],
    });
  });

  it('a host has the VMs that the caller sees, and is not there for who may not use it', async () => {
    const mine = host(2, { name: 'shared', owners: ['acme', 'globex'] });
    await plant({
      vms: [
        vm(1, { host: mine.id, state: 'busy', scope: acme }),
        vm(2, { host: mine.id, state: 'busy', scope: globex }),
        vm(3, { host: mine.id, state: 'gone', scope: globex }),
      ],
    });
    await store.transaction(async (tx) => {
      await tx.hosts.insert(mine);
      await tx.hosts.insert(host(3, { name: 'theirs', owners: ['acme'] }));
    });
    const all = await ask('getHost', { params: { host: 'shared' } });
    expect(all.vms.map(({ id }) => id)).toEqual([vm(2).id, vm(1).id]);
    const seen = await ask('getHost', { params: { host: 'shared' } }, member);
    expect(seen).toMatchObject({ host: { owners: ['globex'], vms: 1 }, vms: [{ id: vm(2).id }] });
    await expect(ask('getHost', { params: { host: 'theirs' } }, member)).rejects.toThrow('404');
  });

  it('a host tells how it does; what is of all its accounts, only to who sees all of them', async () => {
    const image = vm(1).image;
    const told: ToldVitals = {
      load: [3, 2, 1],
      processors: 8,
      memoryBytes: 1000,
      memoryAvailableBytes: 400,
      diskBytes: 50,
      diskFreeBytes: 20,
      egress: { receivedBytes: 5, sentBytes: 6 },
      kernel: '6.1',
      images: [
        { digest: imageDigest(`sha256:${'9'.repeat(64)}`) },
        { digest: image, builtAt: at(-9), runner: { version: '2.336.0', releasedAt: at(-99) } },
      ],
    };
    await store.transaction(async (tx) => {
      await tx.hosts.insert(host(2, { name: 'shared', owners: ['acme', 'globex'], capacity: room }));
      await tx.hosts.insert(host(3, { name: 'own', owners: ['globex'], capacity: room }));
      await tx.hosts.insert(host(4, { name: 'everybody' }));
      for (const n of [2, 3, 4])
        await tx.vitals.put({ host: host(n).id, at: at(80_000), roundTripMs: 2.5, told });
    });
    const whole = {
      at: toIso(at(80_000)),
      pingMs: 2.5,
      processors: 8,
      memoryBytes: 1000,
      memoryUsedBytes: 600,
      diskBytes: 50,
      diskFreeBytes: 20,
      egress: { receivedBytes: 5, sentBytes: 6 },
      kernel: '6.1',
      load: { oneMinute: 3, fiveMinutes: 2, fifteenMinutes: 1 },
    };
    const { host: shared } = await ask('getHost', { params: { host: 'shared' } });
    expect(shared).toMatchObject({
      maxVms: 2,
      image: { digest: image, builtAt: toIso(at(-9)), runner: { version: '2.336.0' } },
    });
    expect(shared.vitals).toEqual(whole);
    const { hosts } = await ask('listHosts', {}, member);
    const byName = new Map(hosts.map((one) => [one.name, one]));
    expect(byName.get('own')?.vitals).toEqual(whole);
    for (const name of ['shared', 'everybody']) {
      const { load, memoryUsedBytes, diskFreeBytes, egress, ...quiet } = whole;
      expect(byName.get(name)?.vitals).toEqual(quiet);
      expect(byName.get(name)?.image?.digest).toBe(image);
    }
  });
});
