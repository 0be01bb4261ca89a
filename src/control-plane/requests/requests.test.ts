import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { acme, at, host, job, vm } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import { hostId, jobId, runnerId, runnerName, vmId } from '../../domain/ids.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import { type Instant, minutes } from '../../domain/time.ts';
import { Secret } from '../../ports/secret.ts';
import { type Store, StoreUnavailableError } from '../../ports/store.ts';
import { seededRandom } from '../../sim/github/stage.ts';
import { type CallOf, type EndpointName, endpoints } from '../../wire/api/endpoints.ts';
import type { RepairReport } from '../repair/now.ts';
import { type Asked, answerAt, askAt } from './asking.fixture.ts';
import { authenticateAgent } from './authenticate-agent.ts';
import { isAdmin, newToken, tokenHash } from './tokens.ts';

const signingKey = { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) };
const sealingKey = { kty: 'OKP', crv: 'X25519', x: 'B'.repeat(43) };

let store: Store;
let now: Instant;
let logs: Record<string, readonly string[]>;
let report: (options: { owner?: string }) => RepairReport;
beforeEach(() => {
  store = openMemoryStore();
  now = at(0);
  logs = {};
  report = () => ({ mended: [], failed: [] });
});

const here = (): Asked => ({
  store,
  now,
  repair: async (options) => report(options),
  readLog: async (_host, id) => logs[id] ?? { refused: 'its host has no link' },
});
const ask = <N extends EndpointName>(name: N, call?: CallOf<N>) => answerAt(here(), name, call);
const answerOf = <N extends EndpointName>(name: N, call?: CallOf<N>) => askAt(here(), name, call);
const seed = (work: Parameters<Store['transaction']>[0]) => store.transaction(work);
const bound = { id: runnerId(4), name: runnerName('runner-of-vm-1') };

describe('health', () => {
  it('is good while the database answers', async () => {
    expect(await ask('health')).toEqual({ ok: true, value: { ok: true } });
    store = { ...store, transaction: () => Promise.reject(new StoreUnavailableError('gone')) };
    expect(await ask('health')).toMatchObject({ ok: false, problem: { status: 503 } });
  });
});

describe('enrolment', () => {
  const enrol = (token: string, changes: object = {}) =>
    ask('enrol', { body: { token, name: 'metal-1', signingKey, sealingKey, ...changes } });
  const token = async (body = {}) => (await answerOf('makeEnrolToken', { body })).token;

  it('makes a host of ours with its public keys', async () => {
    const answer = await enrol(await token({ owners: ['Acme'] }));
    expect(answer).toMatchObject({
      ok: true,
      value: { host: expect.stringMatching(/^host-[0-9a-hjkmnp-tv-z]{12}$/) },
    });
    const [made] = await store.transaction((tx) => tx.hosts.list());
    expect(made).toMatchObject({
      name: 'metal-1',
      owners: ['acme'],
      state: 'silent',
      signingKey,
      sealingKey,
    });
    expect(await answerOf('listHosts')).toMatchObject({ hosts: [{ name: 'metal-1', vms: 0 }] });
  });

  it('takes the name that the operator chose, if there is one', async () => {
    await enrol(await token({ name: 'rack 7' }));
    expect(await answerOf('listHosts')).toMatchObject({ hosts: [{ name: 'rack 7' }] });
  });

  it('by a token for machines makes a host that is removed when it is gone for long', async () => {
    await enrol(await token({ auto: true }));
    expect(await store.transaction((tx) => tx.hosts.list())).toMatchObject([{ auto: true }]);
    expect((await answerOf('listHosts')).hosts).toMatchObject([{ auto: true }]);
  });

  it('uses its token up', async () => {
    const once = await token();
    await enrol(once);
    const other = { ...signingKey, x: 'C'.repeat(43) };
    expect(await enrol(once, { signingKey: other })).toMatchObject({ ok: false, problem: { status: 401 } });
  });

  it('may be asked for again by a host whose answer was lost', async () => {
    const once = await token();
    const first = await enrol(once);
    expect(await enrol(once)).toEqual(first);
    expect((await answerOf('listHosts')).hosts).toHaveLength(1);
  });

  it('leaves a machine disabled that an operator has disabled, though it comes with new keys', async () => {
    await enrol(await token());
    const by = { order: 'disable', by: 'ada@desk', why: 'bad memory' } as const;
    await answerOf('orderHost', { params: { host: 'metal-1' }, body: by });
    now = at(1000);
    const other = { ...signingKey, x: 'C'.repeat(43) };
    await enrol(await token(), { signingKey: other });
    const { hosts } = await answerOf('listHosts');
    expect(hosts).toMatchObject([
      { hold: { kind: 'disabled', by: 'ada@desk' } },
      { hold: { kind: 'disabled' } },
    ]);
  });

  it('is refused with a token that is unknown or has run out', async () => {
    expect(await enrol('x'.repeat(40))).toMatchObject({ ok: false, problem: { status: 401 } });
    const late = await token({ validForMinutes: 5 });
    now = at(minutes(5));
    expect(await enrol(late)).toMatchObject({
      ok: false,
      problem: { detail: expect.stringContaining('enrol-token') },
    });
  });

  it.each([
    ['a private part', { signingKey: { ...signingKey, d: 'D'.repeat(43) } }],
    ['keys of another kind', { sealingKey: signingKey }],
    ['no key', { signingKey: { kty: 'OKP', crv: 'Ed25519' } }],
  ])('is refused with %s, and the token stays good', async (_what, changes) => {
    const kept = await token();
    expect(await enrol(kept, changes)).toMatchObject({ ok: false, problem: { status: 400 } });
    expect(await enrol(kept)).toMatchObject({ ok: true });
  });

  it('keeps only the hash of its token', async () => {
    const text = await token();
    const hash = createHash('sha256').update(text).digest('hex');
    const redeemed = await store.transaction((tx) => tx.enrolments.redeem(hash, now));
    expect(redeemed).toBeDefined();
    expect(JSON.stringify(redeemed)).not.toContain(text);
  });
});

describe('an agent that connects', () => {
  const claim = (id: string | undefined, isSigned = true) =>
    authenticateAgent(
      {
        store,
        tokens: {
          claimedHost: () => (id === undefined ? undefined : hostId(id)),
          verify: async (_token, key, audience) =>
            isSigned && audience === 'bellows-agent' && JSON.stringify(key) === JSON.stringify(signingKey),
        },
      },
      new Secret('jwt'),
    );

  it('is the host whose key signed its token', async () => {
    await seed((tx) => tx.hosts.insert(host(1, { signingKey })));
    const { id } = host(1);
    expect(await claim(id)).toEqual({ host: id });
    expect(await claim(id, false)).toBeUndefined();
    expect(await claim('host-unknown')).toBeUndefined();
    expect(await claim(undefined)).toBeUndefined();
  });

  it('is let in while its host is disabled: its VMs are to finish', async () => {
    const hold = { kind: 'disabled', by: 'ada', why: '', since: at(0) } as const;
    await seed((tx) => tx.hosts.insert(host(1, { signingKey, hold })));
    expect(await claim(host(1).id)).toEqual({ host: host(1).id });
  });
});

describe('jobs', () => {
  beforeEach(() =>
    seed(async (tx) => {
      await tx.jobs.insert(job(1, { waitingFor: 'full: 3 of 3 hosts' }));
      await tx.jobs.insert(
        job(2, {
          state: 'done',
          waitingFor: '',
          knowledge: { before: {}, runner: bound, completed: { conclusion: 'success', at: at(9) } },
        }),
      );
      await tx.vms.insert(vm(1, { cause: jobId(1), runnerName: bound.name, job: jobId(2) }));
      await tx.history.append([
        { at: at(1), subject: { kind: 'job', id: jobId(2) }, event: 'queued', data: {} },
        { at: at(3), subject: { kind: 'vm', id: vm(1).id }, event: 'busy', data: { by: 'github' } },
        { at: at(2), subject: { kind: 'job', id: jobId(1) }, event: 'queued', data: {} },
        { at: at(4), subject: { kind: 'job', id: jobId(2) }, event: 'done', data: {} },
      ]);
    }),
  );

  it('are listed with why they wait, how they ended, and their VM', async () => {
    const { jobs } = await answerOf('listJobs');
    expect(jobs).toMatchObject([
      { id: 2, state: 'done', conclusion: 'success', runner: bound.name, vm: vm(1).id },
      { id: 1, state: 'queued', waitingFor: 'full: 3 of 3 hosts' },
    ]);
  });

  it('are filtered by owner in any case, state and run', async () => {
    const ids = async (query: NonNullable<CallOf<'listJobs'>['query']>) =>
      (await answerOf('listJobs', { query })).jobs.map(({ id }) => id);
    expect(await ids({ owner: 'ACME' })).toEqual([2, 1]);
    expect(await ids({ owner: 'globex' })).toEqual([]);
    expect(await ids({ state: 'queued' })).toEqual([1]);
    expect(await ids({ run: 99 })).toEqual([]);
    expect(await ids({ limit: 1 })).toEqual([2]);
  });

  it('tell their story with that of the VM that had them, not of the one that was made for them only', async () => {
    const story = await answerOf('jobEvents', { params: { job: 2 } });
    expect(story.events.map(({ event, subject }) => `${subject} ${event}`)).toEqual([
      '2 queued',
      `${vm(1).id} busy`,
      '2 done',
    ]);
    const cause = await answerOf('jobEvents', { params: { job: 1 } });
    expect(cause.events.map(({ event }) => event)).toEqual(['queued', 'busy']);
  });

  it('that we do not know are told as such', async () => {
    expect(await ask('jobEvents', { params: { job: 77 } })).toMatchObject({
      ok: false,
      problem: { status: 404 },
    });
  });
});

describe('VMs and hosts', () => {
  beforeEach(() =>
    seed(async (tx) => {
      await tx.hosts.insert(host(1, { lastHeardAt: at(1) }));
      await tx.vms.insert(vm(1, { state: 'busy', host: host(1).id, scope: acme }));
      await tx.vms.insert(
        vm(2, { state: 'failed', host: host(1).id, failure: { reason: 'no disk', owner: 'host' } }),
      );
      await tx.vms.insert(vm(3));
    }),
  );

  it('are listed with what they are', async () => {
    const { vms } = await answerOf('listVms', { query: { host: host(1).id } });
    expect(vms).toMatchObject([
      { id: vm(2).id, state: 'failed', failure: { reason: 'no disk', owner: 'host' } },
      { id: vm(1).id, state: 'busy', scope: 'org:acme#1', memoryMib: 4096 },
    ]);
    expect((await answerOf('listVms', { query: { state: 'busy' } })).vms).toHaveLength(1);
  });

  it('are counted against what their host has', async () => {
    const { hosts } = await answerOf('listHosts');
    expect(hosts).toMatchObject([
      { vms: 2, usedMemoryMib: 8192, usedMilliCpus: 4000, lastHeardAt: expect.any(String) },
    ]);
  });

  it('cannot be taken back by force', () => {
    const body = { order: 'resume', force: true, by: 'ada' } as const;
    expect(() => endpoints.orderHost.body.parse(body)).toThrow('leave force out');
  });

  it('show their log as their host has it', async () => {
    logs[vm(1).id] = ['booting', 'ready'];
    expect(await answerOf('vmLog', { params: { vm: vm(1).id } })).toEqual({
      vm: vm(1).id,
      lines: ['booting', 'ready'],
    });
  });

  it.each([
    ['a VM that we do not know', 'vm-none', 404, 'bellows vms'],
    ['a VM without a host', vm(3).id, 409, 'no host yet'],
    ['a VM whose host is away', vm(2).id, 503, 'no link'],
  ])('say why there is no log of %s', async (_what, id, status, word) => {
    expect(await ask('vmLog', { params: { vm: vmId(id) } })).toMatchObject({
      ok: false,
      problem: { status, detail: expect.stringContaining(word) },
    });
  });
});

describe('the admin token', () => {
  const token = newToken('bellows_admin_', seededRandom('admin')).reveal();
  const header = `Bearer ${token}`;

  it('is known by its hash, and either of two is good while one replaces the other', () => {
    expect(token).toMatch(/^bellows_admin_[\w-]{43}$/);
    expect(isAdmin(header, [tokenHash(token)])).toBe(true);
    expect(isAdmin(header, [tokenHash('old'), tokenHash(token)])).toBe(true);
  });

  it.each([
    ['no header', undefined],
    ['another token', 'Bearer guess'],
    ['another scheme', `Basic ${token}`],
    ['the hash in place of the token', `Bearer ${tokenHash(token)}`],
    ['two tokens', `${header}, ${header}`],
    ['an endless token', `Bearer ${'x'.repeat(10_000)}`],
  ])('is not given by %s', (_what, value) => {
    expect(isAdmin(value, [tokenHash(token)])).toBe(false);
  });

  it('is nothing when none is configured, or a broken one', () => {
    expect(isAdmin(header, [])).toBe(false);
    expect(isAdmin(header, ['', 'abc', 'zz'])).toBe(false);
    expect(isAdmin('Bearer ', [''])).toBe(false);
  });
});

describe('repairs', () => {
  const found = (n: number, changes: Partial<Repair> = {}): Repair => ({
    at: at(n),
    kind: 'job-found-by-poll',
    cause: 'no webhook told of it',
    subject: { kind: 'job', id: jobId(n) },
    owner: 'acme',
    data: { state: 'queued' },
    ...changes,
  });
  const silent: Repair = {
    at: at(9),
    kind: 'host-silent',
    cause: 'it said nothing for a while',
    subject: { kind: 'host', id: hostId('host-1') },
    data: {},
  };

  it('are told newest first, with how many there are of each kind', async () => {
    await seed((tx) => tx.repairs.append([found(1), found(2), silent]));
    const all = await answerOf('listRepairs');
    expect(all.repairs.map(({ subject }) => `${subject.kind} ${subject.id}`)).toEqual([
      'host host-1',
      'job 2',
      'job 1',
    ]);
    expect(all.counts).toMatchObject({ 'job-found-by-poll': 2, 'host-silent': 1, 'vm-reaped': 0 });
    expect(all).not.toHaveProperty('next');
  });

  it('are told page by page, of one account, kind and time', async () => {
    await seed((tx) => tx.repairs.append([found(1), found(2_000), silent]));
    const first = await answerOf('listRepairs', { query: { limit: 2 } });
    expect(first.repairs).toHaveLength(2);
    const second = await answerOf('listRepairs', { query: { limit: 2, before: first.next } });
    expect(second.repairs.map(({ subject }) => subject.id)).toEqual(['1']);
    const since = new Date(at(1_000)).toISOString();
    const some = await answerOf('listRepairs', {
      query: { owner: 'Acme', kind: 'job-found-by-poll', since },
    });
    expect(some.repairs.map(({ at: time }) => time)).toEqual([new Date(at(2_000)).toISOString()]);
    expect(some.counts).toMatchObject({ 'job-found-by-poll': 1, 'host-silent': 0 });
  });

  it('are made now when somebody asks, for one account', async () => {
    report = ({ owner }) => ({
      mended: owner === 'acme' ? [found(1)] : [],
      failed: [{ loop: 'poll', reason: 'GitHub did not answer' }],
    });
    const answer = await answerOf('repairNow', { body: { owner: 'Acme' } });
    expect(answer.mended).toMatchObject([{ kind: 'job-found-by-poll', subject: { kind: 'job', id: '1' } }]);
    expect(answer.failed).toEqual([{ loop: 'poll', reason: 'GitHub did not answer' }]);
    expect((await answerOf('repairNow', { body: {} })).mended).toEqual([]);
  });
});
