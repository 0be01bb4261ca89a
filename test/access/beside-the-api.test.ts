// I9 beside our own API: metrics, the stream of what has changed, and Actuated's endpoints. A new one of these does not compile
// without a sample call here.

import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer, type HttpServer } from '../../src/adapters/http-fastify/server.ts';
import { PromPrinter } from '../../src/adapters/metrics-prom/prom-printer.ts';
import { liveFeed } from '../../src/control-plane/live/live-feed.ts';
import { serveMetrics } from '../../src/control-plane/metrics/serve-metrics.ts';
import { apiHandlers } from '../../src/control-plane/requests/api.ts';
import { v1Handlers } from '../../src/control-plane/requests/v1/api.ts';
import { admin, type Caller } from '../../src/domain/access/caller.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { apiPrefix } from '../../src/wire/api/endpoint.ts';
import { type LiveNews, live } from '../../src/wire/api/live.ts';
import { type V1Handlers, type V1Name, v1Endpoints, v1Prefix } from '../../src/wire/api-v1/endpoints.ts';
import { globex, job, vm } from '../contract/store/things.ts';
import { noAudit } from '../support/no-audit.ts';
import {
  callers,
  learned,
  mark,
  plantedDeps,
  plantedHost,
  plantedJob,
  plantedScope,
  plantedStore,
  plantedVm,
} from './planted.ts';

const owner = `${mark}-org`;
const onHost = { owner, host: plantedHost.name };
/** Told what is not one's own: each asks for the planted thing by its name. */
const samples: { [N in V1Name]: Record<string, string> } = {
  jobQueue: { owners: owner },
  runners: { owner, images: '1' },
  repair: { owner },
  logs: { ...onHost, id: plantedVm.runnerName },
  service: onHost,
  controllerLogs: {},
  jobIncreases: { owner },
  metering: { ...onHost, id: plantedVm.runnerName },
  upgrade: onHost,
  restart: onHost,
  disable: onHost,
  snapshots: { owners: owner },
  snapshot: { owner, job: `${plantedJob.id}` },
};
const names = Object.keys(v1Endpoints) as V1Name[];
/** `snapshots` tells of jobs that are over, and none is planted that is. */
const readers = names.filter((name) => v1Endpoints[name].access === 'member' && name !== 'snapshots');
const others = [undefined, 'guess', 'stranger', 'other', 'other-operator'];

let store: Store;
const servers: HttpServer[] = [];
let urls: { server: string; forgetful: string };

/** @param seenAs whom a request counts as. */
async function serve(seenAs: (caller: Caller | undefined) => Caller | undefined): Promise<string> {
  const identify = async ({ authorization }: { authorization?: string | undefined }) =>
    seenAs(callers[(authorization ?? '').replace('Bearer ', '')]);
  const deps = plantedDeps(store);
  const metrics = {
    ...{ store, clock: deps.clock, image: deps.settings.image, identify },
    ...{ printer: new PromPrinter(), version: '1', tokenHashes: [] },
  };
  const server = await createHttpServer({
    webhook: async () => ({ status: 202, text: '' }),
    api: apiHandlers(deps),
    v1: v1Handlers(deps) as V1Handlers,
    live: liveFeed({ store, log: silentLog }, 'one'),
    metrics: (authorization) => serveMetrics(metrics, authorization),
    audit: noAudit,
    identify,
    log: silentLog,
    options: { callsPerMinute: 10_000, trustProxy: true, live: { gatherMs: 1 } },
  });
  servers.push(server);
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${port}`;
}

beforeAll(async () => {
  store = await plantedStore();
  urls = {
    server: await serve((caller) => caller),
    // A product that is broken in just the way that this test is about.
    forgetful: await serve(() => admin),
  };
});
afterAll(async () => {
  for (const server of servers) await server.close();
});

const headersOf = (as: string | undefined): Record<string, string> =>
  as === undefined ? {} : { authorization: `Bearer ${as}` };

async function ask(base: string, path: string, as: string | undefined, said: readonly string[] = []) {
  const response = await fetch(`${base}${path}`, {
    headers: { ...headersOf(as), accept: 'application/json' },
  });
  // What one said oneself one may hear again.
  const heard = await response.text();
  return {
    status: response.status,
    text: said.reduce((text, word) => text.replaceAll(word, ''), heard),
    whole: heard,
  };
}

describe('/metrics', () => {
  it.each(others)('tells %s nothing of another account', async (as) => {
    const answer = await ask(urls.server, '/metrics', as);
    expect(learned(answer), answer.text).toEqual([]);
    const isKnown = as === 'other' || as === 'other-operator';
    expect(answer.status).toBe(isKnown ? 200 : as === 'stranger' ? 403 : 401);
    if (isKnown) expect(answer.text).toContain('bellows_build_info');
  });

  it('tells a member, and a scrape that forgets who asks is found out', async () => {
    expect(learned(await ask(urls.server, '/metrics', 'member'))).toContain(mark);
    expect(learned(await ask(urls.forgetful, '/metrics', 'other'))).toContain(mark);
  });

  it('tells a member of no host, since others may use it too', async () => {
    expect((await ask(urls.server, '/metrics', 'member')).text).not.toContain('bellows_host');
    expect((await ask(urls.forgetful, '/metrics', 'other')).text).toContain(`host="${plantedHost.name}"`);
  });
});

describe('/api/v1', () => {
  const call = (base: string, name: V1Name, as: string | undefined) =>
    ask(
      base,
      `${v1Prefix}${v1Endpoints[name].path}?${new URLSearchParams(samples[name])}`,
      as,
      Object.values(samples[name]),
    );

  it.each(names)('whoever does not belong to an organisation learns nothing of it from %s', async (name) => {
    for (const as of others) {
      const answer = await call(urls.server, name, as);
      expect(learned(answer), `${as}: ${answer.text}`).toEqual([]);
      const isKnown = as === 'other' || as === 'other-operator';
      expect(isKnown ? [200, 403, 404] : [401, 403], `${as} at ${name}`).toContain(answer.status);
    }
  });

  it.each(names)('and %s gives nothing away to who asks as staff', async (name) => {
    const query = new URLSearchParams({ ...samples[name], staff: '1' });
    for (const as of ['other', 'other-operator', 'member']) {
      const answer = await ask(urls.server, `${v1Prefix}${v1Endpoints[name].path}?${query}`, as);
      expect(answer.status, `${as} at ${name}`).toBe(403);
      expect(learned(answer)).toEqual([]);
    }
  });

  it.each(readers)('this test can fail: a member hears of it from %s', async (name) => {
    const [own, leaked] = [
      await call(urls.server, name, 'member'),
      await call(urls.forgetful, name, 'other'),
    ];
    expect([200, 202], own.whole).toContain(own.status);
    expect(leaked.whole).toBe(own.whole);
    const foreign = await call(urls.server, name, 'other');
    expect(foreign.whole).not.toBe(own.whole);
  });
});

describe('/live', () => {
  /** Hears until a topic is told of, and gives all that was told till then. */
  async function heardUntil(base: string, as: string, topic: string, cause: () => Promise<unknown>) {
    // On a connection of its own, which ends with it.
    const request = get(`${base}${apiPrefix}${live.path}`, { headers: headersOf(as), agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    const heard: string[] = [];
    let text = '';
    let begun = false;
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      // The first event is there from the start, and says that one is listening.
      if (!begun && text.includes('event: changed')) {
        begun = true;
        await cause();
      }
      for (const [, data = ''] of text.matchAll(/^data: (.*)\n\n/gm))
        heard.push(...(JSON.parse(data) as LiveNews).changed);
      const end = text.lastIndexOf('\n\n');
      if (end >= 0) text = text.slice(end + 2);
      if (heard.includes(topic)) break;
    }
    request.destroy();
    return new Set(heard);
  }
  let number = 100;
  /** Theirs first: whoever is told of the second could have been told of it before. */
  const changeBoth = async (): Promise<void> => {
    number += 1;
    await store.transaction((tx) => tx.vms.insert(vm(number, { scope: plantedScope })));
    await store.transaction((tx) => tx.jobs.insert(job(number, { scope: globex })));
  };

  it.each([undefined, 'guess', 'stranger'])('is closed to %s', async (as) => {
    const answer = await ask(urls.server, `${apiPrefix}${live.path}`, as);
    expect(answer.status).toBe(as === 'stranger' ? 403 : 401);
  });

  it.each(['other', 'other-operator'])('tells %s of no change of another account', async (as) => {
    expect(await heardUntil(urls.server, as, 'jobs', changeBoth)).toEqual(new Set(['jobs']));
  });

  it('tells a member, and a stream that forgets who asks is found out', async () => {
    expect(await heardUntil(urls.server, 'member', 'vms', changeBoth)).toEqual(new Set(['vms']));
    expect(await heardUntil(urls.forgetful, 'other', 'jobs', changeBoth)).toContain('vms');
  });
});
