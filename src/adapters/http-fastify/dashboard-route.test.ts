import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { dashboardRoute } from './dashboard-route.ts';

const page = { accept: 'text/html,application/xhtml+xml' };
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function serve(files?: Record<string, string>): Promise<FastifyInstance> {
  let dashboardFolder: string | undefined;
  if (files !== undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'bellows-dashboard-'));
    opened.push(() => rm(folder, { recursive: true }));
    dashboardFolder = folder;
    await mkdir(join(folder, 'assets'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  }
  const app = fastify();
  opened.push(() => app.close());
  await app.register(dashboardRoute, { dashboardFolder });
  return app;
}

describe('the dashboard', () => {
  const built = { 'index.html': '<h1>Bellows</h1>', 'assets/app-1a2b.js': 'run()' };

  it.each(['/', '/queue', '/jobs/1?x=y'])('is its index at %s, asked for anew each time', async (url) => {
    const answer = await (await serve(built)).inject({ url, headers: page });
    expect([answer.statusCode, answer.body]).toEqual([200, built['index.html']]);
    expect(answer.headers['cache-control']).toBe('no-cache');
  });

  it('runs no script and no style but its own files', async () => {
    const { headers } = await (await serve(built)).inject({ url: '/', headers: page });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
  });

  it('keeps its files in the browser for ever, and compressed where that is there', async () => {
    const app = await serve({ ...built, 'assets/app-1a2b.js.br': 'small' });
    const plain = await app.inject({ url: '/assets/app-1a2b.js' });
    expect([plain.statusCode, plain.body]).toEqual([200, 'run()']);
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const small = await app.inject({ url: '/assets/app-1a2b.js', headers: { 'accept-encoding': 'br' } });
    expect([small.headers['content-encoding'], small.body]).toEqual(['br', 'small']);
    expect(small.headers['content-type']).toMatch(/javascript/);
  });

  it.each([
    ['a file that is gone', { url: '/assets/old.js' }],
    ['an address of the API', { url: '/api/bellows/v1/nothing', headers: page }],
    ["GitHub's address", { url: '/webhooks/github', headers: page }],
    ['a file outside', { url: '/../package.json' }],
  ])('is nothing at %s', async (_what, request) => {
    expect((await (await serve(built)).inject(request)).statusCode).toBe(404);
  });

  it('says how to build it when it is not built', async () => {
    const answer = await (await serve()).inject({ url: '/', headers: page });
    expect([answer.statusCode, answer.body]).toEqual([
      503,
      expect.stringContaining('npm run build -- dashboard'),
    ]);
  });
});
