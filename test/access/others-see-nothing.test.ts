// I9, for every endpoint of the table: whoever does not belong to an organisation learns nothing of its work. A new endpoint
// does not compile without a sample call here.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer, type HttpServer } from '../../src/adapters/http-fastify/server.ts';
import { openMemoryStore } from '../../src/adapters/store-memory/memory-store.ts';
import { apiHandlers } from '../../src/control-plane/requests/api.ts';
import { admin, type Caller } from '../../src/domain/access/caller.ts';
import type { Histogram } from '../../src/domain/attribution/histogram.ts';
import type { StreamKey } from '../../src/domain/attribution/sample.ts';
import { newStream, type Stream } from '../../src/domain/attribution/stream.ts';
import { imageDigest, installationId, jobId, repositoryId } from '../../src/domain/ids.ts';
import { aFinishedJob } from '../../src/domain/insights/insights.fixture.ts';
import { defaultTiming } from '../../src/domain/lifecycle/deadlines.ts';
import { defaultCapacityPolicy } from '../../src/domain/scheduling/capacity.ts';
import { type Scope, scopeKey } from '../../src/domain/scope.ts';
import { days, minutes } from '../../src/domain/time.ts';
import type { ApiToken } from '../../src/ports/access-tables.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Store, Transaction } from '../../src/ports/store.ts';
import { seededRandom } from '../../src/sim/github/stage.ts';
import { apiPrefix, type Endpoint } from '../../src/wire/api/endpoint.ts';
import { type ApiHandlers, type CallOf, type EndpointName, endpoints } from '../../src/wire/api/endpoints.ts';
import { at, host, job, vm } from '../contract/store/things.ts';
import { noAudit } from '../support/no-audit.ts';

/** In every word that is planted; nothing else on earth is called so. */
const mark = 'zqx';
const scope: Scope = {
  kind: 'organization',
  installationId: installationId(9),
  login: `${mark}-org`,
  groupId: 1,
};
const plantedKey = scopeKey(scope);
const plantedJob = job(990_017, {
  scope,
  name: `${mark} build`,
  workflowName: `${mark} ci`,
  headBranch: `${mark}-branch`,
  url: `https://github.com/${mark}-org/app/actions/runs/1/job/990017`,
  repository: { id: repositoryId(77), fullName: `${mark}-org/app`, private: true, fork: false },
});
const plantedHost = host(1, { name: `${mark}-rack`, owners: [`${mark}-org`] });
const plantedVm = vm(1, { scope, host: plantedHost.id, cause: plantedJob.id, state: 'busy' });

const plantedToken: ApiToken = {
  id: 'token-990018',
  hash: 'no token has this hash',
  name: `${mark} deploys`,
  scopes: ['read'],
  owners: [`${mark}-org`],
  person: 990_019,
  createdBy: `${mark}-member`,
  createdAt: at(1),
  expiresAt: at(1_000_000),
};

const samples: { [N in EndpointName]: CallOf<N> } = {
  health: {},
  enrol: {
    body: {
      token: 'x'.repeat(30),
      name: 'h',
      signingKey: { kty: 'OKP' },
      sealingKey: { kty: 'OKP' },
    } as never,
  },
  makeEnrolToken: { body: { name: 'rack', owners: ['globex'] } },
  listJobs: {},
  getJob: { params: { job: plantedJob.id } },
  jobEvents: { params: { job: plantedJob.id } },
  listHosts: {},
  getHost: { params: { host: plantedHost.name } },
  orderHost: { params: { host: plantedHost.id }, body: { order: 'drain', by: 'eve' } },
  hostLog: { params: { host: plantedHost.name } },
  hostEvents: { params: { host: plantedHost.name } },
  listVms: {},
  getVm: { params: { vm: plantedVm.id } },
  vmLog: { params: { vm: plantedVm.id } },
  listRepairs: {},
  repairNow: { body: { owner: `${mark}-org` } },
  listIncidents: {},
  getIncident: { params: { incident: `incident-${mark}` } },
  phaseFigures: {},
  checkGithub: { body: {} },
  listAlerts: {},
  testAlerts: { body: {} },
  makeToken: { body: { name: 'ci', owners: [`${mark}-org`] } },
  listTokens: {},
  revokeToken: { params: { token: plantedToken.id } },
  listAudit: {},
  today: {},
  insights: {},
  insightsDaily: {},
  recount: { body: {} },
  usage: { query: { owner: `${mark}-org` } },
  increases: {},
  advise: {},
  jobRuns: { query: { repository: `${mark}-org/app`, workflow: `${mark} ci`, name: `${mark} build` } },
  me: {},
  signOut: {},
  signInWays: {},
  startDeviceSignIn: {},
  pollDeviceSignIn: { body: { deviceCode: 'guess' } },
};
const names = Object.keys(endpoints) as EndpointName[];
/** What gives rows away to who may see them. The others change things, are for anyone, or for those who see everything. */
const readers = names.filter(
  (name) =>
    name !== 'me' && endpoints[name].method === 'GET' && ['self', 'member'].includes(endpoints[name].access),
);

const person = (name: string, reach: readonly string[], mayOperate: boolean): Caller => ({
  kind: 'person',
  name,
  key: name,
  reach,
  mayOperate,
  credential: { kind: 'session', hash: `session of ${name}` },
});
const callers: Record<string, Caller> = {
  member: { ...person('member', [`${mark}-org`], false), person: 990_019 },
  stranger: person('stranger', [], false),
  other: person('other', ['globex'], false),
  'other-operator': person('other-operator', ['globex'], true),
};

let server: HttpServer;
let forgetful: HttpServer;
let urls: { server: string; forgetful: string };

beforeAll(async () => {
  const handlers = await plantedHandlers();
  server = await serve(handlers);
  forgetful = await serve(forgetsWhoAsks(handlers));
  const [one, two] = [
    await server.listen({ host: '127.0.0.1', port: 0 }),
    await forgetful.listen({ host: '127.0.0.1', port: 0 }),
  ];
  urls = { server: `http://127.0.0.1:${one.port}`, forgetful: `http://127.0.0.1:${two.port}` };
});
afterAll(async () => {
  await server.close();
  await forgetful.close();
});

async function plantedStore(): Promise<Store> {
  const store = openMemoryStore();
  await store.transaction(async (tx) => {
    await tx.jobs.insert(plantedJob);
    await tx.vms.insert(plantedVm);
    await tx.hosts.insert(plantedHost);
    await tx.apiTokens.add(plantedToken);
    await tx.audit.append({ at: at(1), by: `${mark}-member`, from: '::1', action: 'makeToken', data: {} });
    const data = { note: `${mark} note` };
    await tx.history.append([
      { at: at(1), subject: { kind: 'job', id: plantedJob.id }, event: 'queued', data },
      { at: at(1), subject: { kind: 'host', id: plantedHost.id }, event: 'draining', data },
    ]);
    const had = { milliCpus: 8_000, memoryMib: 16_384, diskGib: 20 };
    await tx.insights.measure(plantedKey, plantedVm.runnerName, {
      peaks: { cpuPercent: 10, memoryMib: 100, diskMib: 100 },
      had,
    });
    for (const run of [10, 11, 12, 13, 14])
      tx.insights.record(jobId(plantedJob.id + run), {
        ...aFinishedJob(plantedJob.id + run, {
          endedAt: at(0),
          scope: plantedKey,
          runner: plantedVm.runnerName,
        }),
        ...{
          owner: `${mark}-org`,
          repository: `${mark}-org/app`,
          workflow: `${mark} ci`,
          name: `${mark} lint`,
        },
      });
    for (const week of [0, 1]) {
      tx.insights.record(jobId(plantedJob.id + week), {
        ...aFinishedJob(plantedJob.id + week, { endedAt: at(-week * days(7)), ms: minutes(2 - week) }),
        ...{
          owner: `${mark}-org`,
          repository: `${mark}-org/app`,
          workflow: `${mark} ci`,
          name: `${mark} build`,
        },
      });
    }
    const subject = { kind: 'job', id: plantedJob.id } as const;
    await plantIncident(tx);
    await tx.repairs.append([
      { at: at(1), kind: 'job-found-by-poll', cause: `${mark} cause`, subject, owner: `${mark}-org`, data },
    ]);
  });
  return store;
}

async function plantedHandlers(): Promise<ApiHandlers> {
  const store = await plantedStore();
  return apiHandlers({
    store,
    clock: { now: () => at(2), sleep: () => Promise.resolve() },
    random: seededRandom('others'),
    log: silent,
    settings: {
      timing: defaultTiming,
      capacity: defaultCapacityPolicy,
      image: imageDigest(`sha256:${'1'.repeat(64)}`),
    },
    repair: async () => ({ mended: [], failed: [] }),
    readLog: async () => [`${mark} line`],
    readAgentLog: async () => [`${mark} line`],
    github: {} as never,
    hook: {} as never,
    check: { appId: 1, publicUrl: undefined, owners: [], runnerGroups: {} },
  });
}

/** A product that is broken in just the way that this test is about. */
const forgetsWhoAsks = (handlers: ApiHandlers): ApiHandlers =>
  Object.fromEntries(
    names.map((name) => [name, (request: never) => handlers[name](request, admin)]),
  ) as unknown as ApiHandlers;

async function plantIncident(tx: Transaction): Promise<void> {
  await tx.attribution.putIncident({
    id: `incident-${mark}`,
    owner: 'workflow',
    subject: `repository:${mark}-org/app`,
    since: at(1),
    openedAt: at(1),
    evidence: [
      {
        stream: `fail workflow repository:${mark}-org/app`,
        what: 'failures',
        ratio: 4,
        jobs: 2,
        accounts: { [`${mark}-org`]: 2 },
        examples: [{ job: plantedJob.id, account: `${mark}-org`, at: at(1) }],
      },
    ],
  });
  const boots: Histogram = { bins: [[90, 100]], weight: 100 };
  await tx.attribution.putStreams(
    new Map<StreamKey, Stream>([
      [
        `time booting host:${plantedHost.id}`,
        { ...newStream(at(1)), seen: boots, lately: { seen: boots, asOf: at(1) } },
      ],
    ]),
  );
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

const serve = (api: ApiHandlers): Promise<HttpServer> =>
  createHttpServer({
    webhook: async () => ({ status: 202, text: '' }),
    api,
    audit: noAudit,
    identify: async ({ authorization }) => callers[(authorization ?? '').replace('Bearer ', '')],
    log: silent,
    options: { callsPerMinute: 10_000, trustProxy: true },
  });

interface Answered {
  status: number;
  text: string;
}

async function ask(base: string, name: EndpointName, as: string | undefined): Promise<Answered> {
  const endpoint: Endpoint = endpoints[name];
  const { params, query, body } = samples[name] as {
    params?: Record<string, unknown>;
    query?: Record<string, string>;
    body?: unknown;
  };
  const search = new URLSearchParams(query).toString();
  const path = endpoint.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(`${params?.[key]}`));
  const response = await fetch(`${base}${apiPrefix}${path}?${search}`, {
    method: endpoint.method,
    headers: {
      // From an address for each, since guesses are counted by it.
      'x-forwarded-for': `192.0.2.${names.indexOf(name) + 1}`,
      ...(as !== undefined && { authorization: `Bearer ${as}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // What one said oneself one may hear again.
  const said = Object.values(params ?? {}).map(String);
  const heard = await response.text();
  return { status: response.status, text: said.reduce((text, word) => text.replaceAll(word, ''), heard) };
}

const planted = [
  mark,
  `${plantedJob.id}`,
  plantedVm.id,
  plantedVm.runnerName,
  plantedHost.id,
  plantedToken.id,
  plantedToken.hash,
  `${plantedToken.person}`,
];
const learned = ({ text }: Answered): readonly string[] => planted.filter((word) => text.includes(word));

describe('whoever does not belong to an organisation', () => {
  it.each(names)('learns nothing of it from %s', async (name) => {
    const { access } = endpoints[name];
    const isOpen = access === 'anyone';
    for (const as of [undefined, 'guess', ...Object.keys(callers).filter((one) => one !== 'member')]) {
      const answer = await ask(urls.server, name, as);
      expect(learned(answer), `${as}: ${answer.text}`).toEqual([]);
      const isKnown = as === 'other' || as === 'other-operator' || (as === 'stranger' && access === 'self');
      if (!isOpen && !isKnown) expect([401, 403], `${as} at ${name}`).toContain(answer.status);
      if (!isOpen && isKnown) expect([200, 401, 403, 404], `${as} at ${name}`).toContain(answer.status);
    }
  });

  const askedByName = names.filter(
    (name) => 'params' in samples[name] && ['self', 'member'].includes(endpoints[name].access),
  );
  it.each(askedByName)('cannot tell from %s whether a thing of it exists', async (name) => {
    const there = await ask(urls.server, name, 'other');
    expect(there.status).toBe(404);
    expect(there.text).not.toMatch(/forbidden|belongs|another/i);
  });
});

describe('this test can fail:', () => {
  it.each(readers)('a member learns of it from %s', async (name) => {
    expect(learned(await ask(urls.server, name, 'member'))).not.toEqual([]);
  });

  it.each(readers)('a handler of %s that forgets who asks is found out', async (name) => {
    expect(learned(await ask(urls.forgetful, name, 'other'))).not.toEqual([]);
  });
});
