// A whole control plane on PostgreSQL reads the simulated GitHub's status page over HTTP: what it tells is in the API, beside
// the incidents, in the metrics, and pages hear of it at once.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FetchApiClient } from '../../src/adapters/api-client/fetch-api-client.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { tokenHash } from '../../src/control-plane/requests/tokens.ts';
import { after, minutes } from '../../src/domain/time.ts';
import { type RunningServer, type ServerConfig, startServer } from '../../src/main/start-server.ts';
import { Secret } from '../../src/ports/secret.ts';
import { type SimGithubServer, startSimGithubServer } from '../../src/sim/github/http/server.ts';
import { SimGithub } from '../../src/sim/github/sim-github.ts';
import { worldSettings } from '../../src/sim/world/settings.ts';
import { silent } from '../support/postgres-servers.ts';
import { seriesValue } from '../support/prometheus.ts';

let folder: string;
let github: SimGithub;
let site: SimGithubServer;
let config: ServerConfig;
let server: RunningServer;
const adminToken = 'operators';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-github-status-'));
  await chmod(folder, 0o755);
  github = new SimGithub({ clock: new SystemClock(), random: new SystemRandom() });
  github.createOrganization('acme');
  github.installApp('acme');
  site = await startSimGithubServer({ github });
  const { app, apiUrl } = site;
  const keys = { privateKey: new Secret(app.privateKey), webhookSecrets: [new Secret(app.webhookSecret)] };
  config = {
    listen: { host: '127.0.0.1', port: 0 },
    publicUrl: undefined,
    database: { folder: join(folder, 'pg'), mayCreateUser: true },
    github: { appId: app.id, apiUrl, ...keys },
    githubStatusPage: site.url,
    operators: [],
    adminTokenHashes: [tokenHash(adminToken)],
    trustProxy: false,
    settings: { ...worldSettings, owners: ['acme'] },
    log: silent,
    version: 'test',
  };
  server = await startServer(config);
});
afterAll(async () => {
  await server.stop();
  await site.close();
  github.close();
  await rm(folder, { recursive: true });
});

const api = () => new FetchApiClient({ url: server.url, token: async () => new Secret(adminToken) });

/** After one round of every loop. */
async function incidentsNow() {
  const mended = await api().call('repairNow', { body: {} });
  if (!mended.ok) throw new Error(mended.problem.detail);
  const answer = await api().call('listIncidents', { query: { limit: 10 } });
  if (!answer.ok) throw new Error(answer.problem.detail);
  return answer.value;
}

async function scrape(): Promise<string> {
  const response = await fetch(`${server.url}/metrics`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  return response.text();
}

it('tells what the page tells, beside an incident of GitHub, and at once', async () => {
  expect(await incidentsNow()).toMatchObject({ incidents: [], statusPage: { state: 'read', troubles: [] } });
  expect(seriesValue(await scrape(), 'bellows_github_status_page_up')).toBe(1);

  const now = server.clock.now();
  await server.store.transaction((tx) =>
    tx.attribution.putIncident({
      ...{ id: 'incident-1', owner: 'github-delivery', subject: 'all' },
      ...{ since: after(now, -minutes(9)), openedAt: after(now, -minutes(7)) },
      evidence: [
        {
          ...{ stream: 'time delivery all', what: 'delivery', ratio: 9, jobs: 5 },
          ...{ accounts: { acme: 5 }, examples: [] },
        },
      ],
    }),
  );
  github.statusPage.set('Webhooks', 'major_outage', 'Webhooks are late');
  const stopping = new AbortController();
  const stream = api().changes(['incidents'], stopping.signal)[Symbol.asyncIterator]();
  await stream.next();
  const [heard, found] = await Promise.all([stream.next(), incidentsNow()]);
  stopping.abort();
  expect(heard.value).toEqual({ changed: ['incidents'] });
  const [incident] = found.incidents;
  expect(incident?.githubStatus).toMatchObject({ says: 'same', troubles: [{ component: 'Webhooks' }] });
  expect(incident?.githubStatus?.aheadMs).toBeGreaterThanOrEqual(minutes(6));
  expect(found.statusPage?.troubles).toMatchObject([{ component: 'Webhooks', title: 'Webhooks are late' }]);
  const one = await api().call('getIncident', { params: { incident: 'incident-1' } });
  expect(one.ok && one.value.incident.githubStatus?.words).toMatch(
    /says the same .* we saw it \d+ minutes before/,
  );
  const text = await scrape();
  expect(seriesValue(text, 'bellows_github_status_trouble{component="Webhooks"}')).toBe(1);
  expect(seriesValue(text, 'bellows_github_status_trouble{component="Actions"}')).toBe(0);
});

it('says that the page cannot be read, and nothing of it once it is switched off', async () => {
  github.world.faults.statusFeed = () => ({ kind: 'garbage' });
  expect((await incidentsNow()).statusPage).toMatchObject({
    ...{ state: 'unreachable', why: 'its answer is not understood' },
    troubles: [{ component: 'Webhooks' }],
  });
  expect(seriesValue(await scrape(), 'bellows_github_status_page_up')).toBe(0);
  await server.stop();
  server = await startServer({ ...config, githubStatusPage: undefined });
  expect((await incidentsNow()).statusPage).toBeUndefined();
  expect(seriesValue(await scrape(), 'bellows_github_status_page_up')).toBeUndefined();
});
