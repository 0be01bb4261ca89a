// I9, for every endpoint of the table: whoever does not belong to an organisation learns nothing of its work. A new endpoint
// does not compile without a sample call here.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer, type HttpServer } from '../../src/adapters/http-fastify/server.ts';
import { apiHandlers } from '../../src/control-plane/requests/api.ts';
import { admin } from '../../src/domain/access/caller.ts';
import { silentLog } from '../../src/ports/log.ts';
import { apiPrefix, type Endpoint } from '../../src/wire/api/endpoint.ts';
import { type ApiHandlers, type CallOf, type EndpointName, endpoints } from '../../src/wire/api/endpoints.ts';
import { noAudit } from '../support/no-audit.ts';
import {
  callers,
  learned,
  mark,
  plantedDeps,
  plantedHost,
  plantedJob,
  plantedStore,
  plantedToken,
  plantedVm,
} from './planted.ts';

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

let server: HttpServer;
let forgetful: HttpServer;
let urls: { server: string; forgetful: string };

beforeAll(async () => {
  const handlers = apiHandlers(plantedDeps(await plantedStore()));
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

/** A product that is broken in just the way that this test is about. */
const forgetsWhoAsks = (handlers: ApiHandlers): ApiHandlers =>
  Object.fromEntries(
    names.map((name) => [name, (request: never) => handlers[name](request, admin)]),
  ) as unknown as ApiHandlers;

const serve = (api: ApiHandlers): Promise<HttpServer> =>
  createHttpServer({
    webhook: async () => ({ status: 202, text: '' }),
    api,
    audit: noAudit,
    identify: async ({ authorization }) => callers[(authorization ?? '').replace('Bearer ', '')],
    log: silentLog,
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
