// A whole control plane on PostgreSQL reads the simulated GitHub's status page over HTTP: what it tells is in the API, beside
// the incidents, in the metrics, and pages hear of it at once.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { FetchApiClient } from '../../src/adapters/api-client/fetch-api-client.ts';
import { after, minutes } from '../../src/domain/time.ts';
import { Secret } from '../../src/ports/secret.ts';
import { seriesValue } from '../support/prometheus.ts';
import { adminToken, startWholeServer, type WholeServer } from '../support/whole-server.ts';

let server: WholeServer;
beforeAll(async () => {
  server = await startWholeServer(['acme'], (site) => ({ githubStatusPage: site.url }));
});
afterAll(() => server.close());

const api = () => new FetchApiClient({ url: server.running.url, token: async () => new Secret(adminToken) });

/** After one round of every loop. */
async function incidentsNow() {
  const mended = await api().call('repairNow', { body: {} });
  if (!mended.ok) throw new Error(mended.problem.detail);
  const answer = await api().call('listIncidents', { query: { limit: 10 } });
  if (!answer.ok) throw new Error(answer.problem.detail);
  return answer.value;
}

async function scrape(): Promise<string> {
  const response = await fetch(`${server.running.url}/metrics`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  return response.text();
}

it('tells what the page tells, beside an incident of GitHub, and at once', async () => {
  expect(await incidentsNow()).toMatchObject({ incidents: [], statusPage: { state: 'read', troubles: [] } });
  expect(seriesValue(await scrape(), 'bellows_github_status_page_up')).toBe(1);

  const now = server.running.clock.now();
  await server.running.store.transaction((tx) =>
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
  server.github.statusPage.set('Webhooks', 'major_outage', 'Webhooks are late');
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
  server.github.world.faults.statusFeed = () => ({ kind: 'garbage' });
  expect((await incidentsNow()).statusPage).toMatchObject({
    ...{ state: 'unreachable', why: 'its answer is not understood' },
    troubles: [{ component: 'Webhooks' }],
  });
  expect(seriesValue(await scrape(), 'bellows_github_status_page_up')).toBe(0);
  await server.restart({ githubStatusPage: undefined });
  expect((await incidentsNow()).statusPage).toBeUndefined();
  expect(seriesValue(await scrape(), 'bellows_github_status_page_up')).toBeUndefined();
});
