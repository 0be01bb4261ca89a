import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { globex, job, vm } from '../../../test/contract/store/things.ts';
import { noAudit } from '../../../test/support/no-audit.ts';
import { liveFeed } from '../../control-plane/live/live-feed.ts';
import { admin, type Caller } from '../../domain/access/caller.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import { answered, apiPrefix } from '../../wire/api/endpoint.ts';
import type { ApiHandlers } from '../../wire/api/endpoints.ts';
import { openMemoryStore } from '../store-memory/memory-store.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const log: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };
const ada: Caller = { kind: 'person', name: 'ada', key: 'ada', reach: ['acme'], mayOperate: false };
const callers: Record<string, Caller> = { 'Bearer admin': admin, 'Bearer ada': ada };

let store: Store;
let server: HttpServer;
let base: string;
let streams: AbortController;
let asked = 0;
beforeEach(async () => {
  store = openMemoryStore();
  streams = new AbortController();
  await start({ gatherMs: 1 });
});
afterEach(async () => {
  streams.abort();
  await server.close();
});

async function start(live: { gatherMs?: number; heartbeatMs?: number; longestMs?: number }): Promise<void> {
  server = await createHttpServer({
    webhook: async () => ({ status: 202, text: '' }),
    api: {
      listHosts: async () => {
        asked += 1;
        return answered({ now: new Date(asked).toISOString(), image: 'i', hosts: [] });
      },
    } as never as ApiHandlers,
    live: liveFeed({ store, log }, 'one'),
    audit: noAudit,
    identify: async ({ authorization }) => callers[authorization ?? ''],
    log,
    options: { callsPerMinute: 10_000, live },
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${port}${apiPrefix}`;
}

const open = (as: string, { query = '', heard }: { query?: string; heard?: string } = {}) =>
  fetch(`${base}/live${query}`, {
    headers: { authorization: `Bearer ${as}`, ...(heard !== undefined && { 'last-event-id': heard }) },
    signal: streams.signal,
  });

interface Heard {
  id: string;
  changed: string[];
}

/** The events of a stream, one after the other, without comments. */
async function* eventsOf(response: Response): AsyncGenerator<Heard> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [id, data] = [/^id: (.*)$/m, /^data: (.*)$/m].map((line) => line.exec(text.slice(0, end))?.[1]);
      text = text.slice(end + 2);
      if (id !== undefined && data !== undefined) yield { id, changed: JSON.parse(data).changed };
    }
  }
}
const next = async (events: AsyncGenerator<Heard>): Promise<Heard> => {
  const { value, done } = await events.next();
  if (done) throw new Error('the stream has ended');
  return value;
};

describe('the stream of what has changed', () => {
  it('begins with nothing, tells each change, and goes on after a break where it was', async () => {
    const response = await open('admin');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    const events = eventsOf(response);
    expect((await next(events)).changed).toEqual([]);
    await store.transaction((tx) => tx.jobs.insert(job(1)));
    const { id, changed } = await next(events);
    expect(changed).toEqual(['jobs']);
    await events.return(undefined);
    await store.transaction((tx) => tx.vms.insert(vm(1)));
    const again = eventsOf(await open('admin', { heard: id }));
    expect((await next(again)).changed).toEqual(['vms']);
    expect((await next(eventsOf(await open('admin', { heard: 'from-before.1' })))).changed).toHaveLength(5);
  });

  it('tells a member nothing of other accounts, and only what was asked for', async () => {
    const events = eventsOf(await open('ada', { query: '?topics=vms,repairs' }));
    await next(events);
    await store.transaction((tx) => tx.vms.insert(vm(1, { scope: globex })));
    await store.transaction((tx) => tx.jobs.insert(job(1)));
    await store.transaction((tx) => tx.vms.insert(vm(2)));
    const { id, changed } = await next(events);
    expect([changed, id]).toEqual([['vms'], 'one.3']);
  });

  it('is for those who see something, and names its topics', async () => {
    expect((await open('guess')).status).toBe(401);
    expect((await open('admin', { query: '?topics=secrets' })).status).toBe(400);
  });

  it('shows that it lives, and ends so that whoever lost their rights must ask anew', async () => {
    await server.close();
    await start({ heartbeatMs: 5, longestMs: 300 });
    expect(await (await open('ada')).text()).toContain(': still here');
  });

  it('is refused to who has too many, until one of them is closed', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, () => open('ada')));
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
    expect((await open('ada')).status).toBe(429);
    expect((await open('admin')).status).toBe(200);
    await all[0]?.body?.cancel();
    for (;;) if ((await open('ada')).status === 200) break;
  });

  it('ends when the server is closed', async () => {
    const response = await open('admin');
    const rest = response.text();
    await server.close();
    expect(await rest).toContain('event: changed');
    await start({});
  });
});

describe('an answer', () => {
  const hosts = (headers: Record<string, string> = {}) =>
    fetch(`${base}/hosts`, { headers: { authorization: 'Bearer admin', ...headers } });

  it('has a tag that stays while nothing but the time has changed', async () => {
    const first = await hosts();
    const tag = first.headers.get('etag') ?? '';
    expect([first.headers.get('cache-control'), tag]).toEqual(['no-store', expect.stringMatching(/^W\/"/)]);
    const same = await hosts({ 'if-none-match': `"x", ${tag}` });
    expect([same.status, await same.text()]).toEqual([304, '']);
    expect((await hosts({ 'if-none-match': '"x"' })).status).toBe(200);
  });
});

describe('what is not there', () => {
  it.each(['/api/bellows/v1/teapots', '/api/v1/teapots', '/api/teapots', '/webhooks/teapots'])(
    'is a problem at %s',
    async (path) => {
      const response = await fetch(new URL(path, base));
      expect([response.status, response.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json',
      ]);
    },
  );
});
