// From a push at the simulated GitHub to a fact about a job in the store, over real HTTP on every step; and the same set-up
// as `bellows check github` sees it.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FetchApiClient } from '../../src/adapters/api-client/fetch-api-client.ts';
import { OctokitGitHub } from '../../src/adapters/github/octokit-github.ts';
import { createHttpServer, type HttpServer } from '../../src/adapters/http-fastify/server.ts';
import { openMemoryStore } from '../../src/adapters/store-memory/memory-store.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { identify } from '../../src/control-plane/access/identify.ts';
import { apiHandlers } from '../../src/control-plane/requests/api.ts';
import { newToken, tokenHash } from '../../src/control-plane/requests/tokens.ts';
import { receiveWebhook } from '../../src/control-plane/webhook.ts';
import { imageDigest } from '../../src/domain/ids.ts';
import { defaultTiming } from '../../src/domain/lifecycle/deadlines.ts';
import { defaultCapacityPolicy } from '../../src/domain/scheduling/capacity.ts';
import { silentLog } from '../../src/ports/log.ts';
import { Secret } from '../../src/ports/secret.ts';
import type { Store } from '../../src/ports/store.ts';
import { type SimGithubServer, startSimGithubServer } from '../../src/sim/github/http/server.ts';
import { SimGithub } from '../../src/sim/github/sim-github.ts';
import { parseDelivery, webhookPath } from '../../src/wire/github-webhook.ts';
import { noAudit } from '../support/no-audit.ts';

const workflow = 'on: push\njobs:\n  build: {runs-on: [bellows-2cpu-4gb], steps: [{run: make}]}\n';

let sim: SimGithub;
let github: SimGithubServer;
let http: HttpServer;
let store: Store;
let client: FetchApiClient;
let secrets: Secret[];

beforeEach(async () => {
  const [clock, random] = [new SystemClock(), new SystemRandom()];
  sim = new SimGithub({ clock, random });
  sim.createOrganization('Acme');
  sim.createRepository({ owner: 'Acme', name: 'app' });
  sim.installApp('Acme');
  github = await startSimGithubServer({ github: sim });
  store = openMemoryStore();
  secrets = [new Secret(github.app.webhookSecret)];
  const api = new OctokitGitHub({
    appId: github.app.id,
    privateKey: new Secret(github.app.privateKey),
    apiUrl: github.apiUrl,
    userAgent: 'bellows/test',
    clock,
    store,
    lookShare: 0.6,
  });
  const admin = newToken('bellows_', random);
  const check = { appId: github.app.id, publicUrl: '', owners: ['acme'], runnerGroups: {} };
  const repair = async () => ({ mended: [], failed: [] });
  const readLog = async () => ({ refused: 'there are no hosts here' });
  http = await createHttpServer({
    webhook: (request) => receiveWebhook({ store, clock, log: silentLog, secrets }, request),
    api: apiHandlers({
      store,
      clock,
      random,
      log: silentLog,
      settings: {
        timing: defaultTiming,
        capacity: defaultCapacityPolicy,
        image: imageDigest(`sha256:${'1'.repeat(64)}`),
      },
      readLog,
      readAgentLog: readLog,
      restartAgent: async () => ({ refused: 'it has no hosts' }),
      repair,
      github: api,
      hook: api,
      check,
    }),
    audit: noAudit,
    identify: (credentials) =>
      identify(
        { store, clock, adminTokenHashes: [tokenHash(admin.reveal())], rightsOf: async () => undefined },
        credentials,
      ),
    log: silentLog,
  });
  const { port } = await http.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${port}`;
  check.publicUrl = url;
  github.setWebhookUrl(url + webhookPath);
  client = new FetchApiClient({ url, token: async () => admin });
});
afterEach(async () => {
  sim.close();
  await http.close();
  await github.close();
});

const stored = () => store.transaction((tx) => tx.deliveries.list({}, 10));

describe('a push', () => {
  it('arrives as a queued job of our organisation', async () => {
    const run = await sim.push({ repository: 'Acme/app', workflowYaml: workflow });
    const [delivery] = await vi.waitUntil(async () => {
      const deliveries = (await stored()).filter(({ event }) => event === 'workflow_job');
      return deliveries.length > 0 && deliveries;
    });
    if (delivery === undefined) throw new Error('nothing arrived');
    const context = { heardAt: delivery.receivedAt, runnerGroupOf: () => 1 };
    expect(parseDelivery(delivery.event, delivery.body, context)).toMatchObject({
      kind: 'job',
      identity: {
        id: run.jobs[0]?.id,
        name: 'build',
        labels: ['bellows-2cpu-4gb'],
        scope: { kind: 'organization', login: 'Acme', groupId: 1 },
      },
      fact: { source: 'delivery', status: 'queued' },
    });
  });
});

describe('bellows check github', () => {
  const check = async () => {
    const answer = await client.call('checkGithub');
    if (!answer.ok) throw new Error(answer.problem.detail);
    return answer.value.findings;
  };
  const ping = async () => {
    sim.ping();
    await vi.waitUntil(async () => (await stored()).length > 0);
  };

  it('finds all well, with a delivery that GitHub makes once more', async () => {
    await ping();
    const findings = await check();
    expect(findings.filter(({ result }) => result !== 'ok')).toEqual([]);
    expect(findings.map(({ check: name }) => name)).toContain('webhook');
  });

  it('tells a secret that differs from an address that does not answer', async () => {
    await ping();
    secrets[0] = new Secret('another');
    expect(await check()).toContainEqual(
      expect.objectContaining({
        check: 'webhook',
        result: 'failure',
        meaning: expect.stringContaining('signature'),
      }),
    );
  });
});

describe('the API', () => {
  it('makes a token and enrols a host with it, once', async () => {
    const made = await client.call('makeEnrolToken', { body: { name: 'rack' } });
    if (!made.ok) throw new Error(made.problem.detail);
    const key = (crv: string, x: string) => ({ kty: 'OKP', crv, x: x.repeat(43) });
    const body = (x: string) => ({
      token: made.value.token,
      name: 'metal',
      signingKey: key('Ed25519', x),
      sealingKey: key('X25519', x),
    });
    expect(await client.call('enrol', { body: body('a') })).toMatchObject({ ok: true });
    expect(await client.call('enrol', { body: body('b') })).toMatchObject({
      ok: false,
      problem: { status: 401 },
    });
    expect(await client.call('listHosts')).toMatchObject({ ok: true, value: { hosts: [{ name: 'rack' }] } });
    expect(await client.call('health')).toMatchObject({ ok: true });
    expect(await client.call('jobEvents', { params: { job: 5 } })).toMatchObject({
      problem: { status: 404 },
    });
  });
});
