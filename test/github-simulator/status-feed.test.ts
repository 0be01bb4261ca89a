// The adapter that reads GitHub's status page, and the simulator's twin of the page: both ways to it tell the same.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatusFeed } from '../../src/adapters/github-status/status-feed.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { troublesOn } from '../../src/domain/github-status/page.ts';
import type { GitHubStatusFeed } from '../../src/ports/github-status.ts';
import { type SimGithubServer, startSimGithubServer } from '../../src/sim/github/http/server.ts';
import { InProcessGitHubStatus } from '../../src/sim/github/in-process-status.ts';
import { SimGithub } from '../../src/sim/github/sim-github.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function troublesBy(feed: GitHubStatusFeed) {
  const reading = await feed.read();
  if (reading.kind === 'unreachable') return reading.why;
  return troublesOn(reading.page).map(({ component, status }) => `${component}: ${status}`);
}

describe('the simulated page', () => {
  let github: SimGithub;
  let server: SimGithubServer;
  let both: readonly GitHubStatusFeed[];
  beforeEach(async () => {
    github = new SimGithub({ clock: new SystemClock(), random: new SystemRandom() });
    server = await startSimGithubServer({ github });
    closing.push(async () => {
      github.close();
      await server.close();
    });
    both = [new StatusFeed({ url: server.url, userAgent: 'test' }), new InProcessGitHubStatus(github)];
  });

  it('tells what is broken, and that it is whole again', async () => {
    for (const feed of both) expect(await troublesBy(feed)).toEqual([]);
    github.statusPage.set('Webhooks', 'major_outage', 'Webhooks are late');
    github.statusPage.set('Copilot', 'major_outage');
    for (const feed of both) {
      const reading = await feed.read();
      const [trouble] = reading.kind === 'page' ? troublesOn(reading.page) : [];
      expect(trouble).toMatchObject({ component: 'Webhooks', title: 'Webhooks are late' });
      expect(trouble?.postedAt).toBeGreaterThan(0);
      expect(trouble?.url).toMatch(/^https:/);
    }
    github.statusPage.set('Webhooks', 'operational');
    for (const feed of both) expect(await troublesBy(feed)).toEqual([]);
  });

  it('is late, silent, down or garbage', async () => {
    github.statusPage.set('Actions', 'partial_outage');
    const { faults } = github.world;
    const answers = async () => Promise.all(both.map(troublesBy));
    const twice = <T>(one: T): T[] => [one, one];
    faults.statusFeed = () => ({ kind: 'late', ms: 600_000 });
    expect(await answers()).toEqual(twice([]));
    faults.statusFeed = () => ({ kind: 'late', ms: 0 });
    expect(await answers()).toEqual(twice(['Actions: partial_outage']));
    faults.statusFeed = () => ({ kind: 'silent' });
    expect(await answers()).toEqual(twice([]));
    faults.statusFeed = () => ({ kind: 'down' });
    expect(await answers()).toEqual(twice('it answered 503'));
    faults.statusFeed = () => ({ kind: 'garbage' });
    expect(await answers()).toEqual(twice('its answer is not understood'));
    faults.statusFeed = () => ({ kind: 'honest' });
    expect(await answers()).toEqual(twice(['Actions: partial_outage']));
  });
});

describe('the adapter', () => {
  interface Page {
    url: string;
    /** `if-none-match` of each request. */
    asked: (string | undefined)[];
  }
  async function serving(
    answer: (etag: string | undefined) => { status: number; text?: string; etag?: string } | 'nothing',
  ): Promise<Page> {
    const asked: Page['asked'] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers['if-none-match']);
      const given = answer(request.headers['if-none-match']);
      if (given === 'nothing') return;
      response.writeHead(given.status, given.etag === undefined ? {} : { etag: given.etag });
      response.end(given.text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }
  const summary = (status: string, more: object = {}): string =>
    JSON.stringify({ components: [{ name: 'Actions', status }], incidents: [], ...more });

  it('sends back the entity tag, and takes "not modified" for the page that it had', async () => {
    const page = await serving((etag) =>
      etag === 'W/"1"' ? { status: 304 } : { status: 200, text: summary('major_outage'), etag: 'W/"1"' },
    );
    const feed = new StatusFeed({ url: page.url, userAgent: 'test' });
    expect(await troublesBy(feed)).toEqual(['Actions: major_outage']);
    expect(await troublesBy(feed)).toEqual(['Actions: major_outage']);
    expect(page.asked).toEqual([undefined, 'W/"1"']);
  });

  it('takes no more than it wants, and waits no longer', async () => {
    const long = await serving(() => ({ status: 200, text: summary('x'.repeat(5_000)) }));
    const options = { userAgent: 'test', maxBytes: 4_000 };
    expect(await troublesBy(new StatusFeed({ ...options, url: long.url }))).toBe('its answer is too long');
    const slow = await serving(() => 'nothing');
    expect(await troublesBy(new StatusFeed({ ...options, url: slow.url, timeoutMs: 50 }))).toBe(
      'it did not answer in time',
    );
  });

  it('says why nobody is there, by a word that names no address', async () => {
    const feed = new StatusFeed({ url: 'http://127.0.0.1:1', userAgent: 'test' });
    expect(await troublesBy(feed)).not.toContain('127.0.0.1');
    expect(await feed.read()).toMatchObject({ kind: 'unreachable' });
  });

  it('passes over what it does not know, and lets nothing through that is meant for a terminal or a browser', async () => {
    const incidents = [
      {
        name: 'a\u001b[31mb',
        status: 'investigating',
        shortlink: 'javascript:alert(1)',
        components: [{ name: 'Actions' }],
      },
      { name: 'over', status: 'resolved', impact: 'major', components: [{ name: 'Webhooks' }] },
    ];
    const page = await serving(() => ({
      status: 200,
      text: summary('major_outage', { incidents, status: 7 }),
    }));
    const reading = await new StatusFeed({ url: page.url, userAgent: 'test' }).read();
    expect(reading.kind === 'page' && troublesOn(reading.page)).toEqual([
      { component: 'Actions', status: 'major_outage', title: 'a [31mb' },
    ]);
  });
});
