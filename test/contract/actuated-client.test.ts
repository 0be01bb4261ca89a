// The contract with `actuated-cli` v0.2.15: the requests exactly as that client sends them, the statuses that it takes, the
// fields that it decodes with the types that it insists on. And I9: nobody learns of other accounts on these paths.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttpServer, type HttpServer } from '../../src/adapters/http-fastify/server.ts';
import { PromPrinter } from '../../src/adapters/metrics-prom/prom-printer.ts';
import { openMemoryStore } from '../../src/adapters/store-memory/memory-store.ts';
import { serveMetrics } from '../../src/control-plane/metrics/serve-metrics.ts';
import { v1Handlers } from '../../src/control-plane/requests/v1/api.ts';
import { admin, type Caller } from '../../src/domain/access/caller.ts';
import { runnerId, runnerName } from '../../src/domain/ids.ts';
import { finishedJob } from '../../src/domain/insights/finished-job.ts';
import { defaultTiming } from '../../src/domain/lifecycle/deadlines.ts';
import { defaultCapacityPolicy } from '../../src/domain/scheduling/capacity.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { seededRandom } from '../../src/sim/github/stage.ts';
import { jobStatus, runnerHost, snapshot, sshSession } from '../../src/wire/api-v1/shapes.ts';
import { noAudit } from '../support/no-audit.ts';
import { at, globex, host, job, small, vitals, vm } from './store/things.ts';

const callers: Record<string, Caller> = {
  admin,
  ada: { kind: 'person', name: 'ada', key: 'ada', reach: ['acme'], mayOperate: false },
  olga: { kind: 'person', name: 'olga', key: 'olga', reach: ['acme'], mayOperate: true },
  stranger: { kind: 'person', name: 'stranger', key: 'stranger', reach: ['initech'], mayOperate: true },
};
const running = job(2, {
  state: 'running',
  knowledge: {
    before: { queued: { asOf: at(0), heardAt: at(5) } },
    started: { at: at(1000) },
    runner: { id: runnerId(5), name: runnerName('bellows-test-1') },
    actor: { login: 'octocat', asOf: at(0) },
  },
});
const finished = job(3, {
  state: 'done',
  knowledge: { ...running.knowledge, completed: { conclusion: 'success', at: at(61_000) } },
});
const metal = host(1, {
  name: 'server1',
  owners: ['acme'],
  version: '0.1.0',
  capacity: {
    arch: 'x64',
    milliCpus: 48_000,
    memoryMib: 65_536,
    diskGib: 400,
    maxBooting: 4,
    labels: [],
    images: [vm(1).image],
  },
});

const restarts: { reboot: boolean }[] = [];
let store: Store;
let server: HttpServer;
let base: string;

beforeAll(async () => {
  store = openMemoryStore();
  await store.transaction(async (tx) => {
    for (const one of [job(1), running, finished, job(4, { scope: globex, name: 'secret plan' })])
      await tx.jobs.insert(one);
    await tx.hosts.insert(metal);
    await tx.vitals.put(vitals(metal.id, { roundTripMs: 7.25 }));
    await tx.hosts.insert(host(2, { name: 'vault', owners: ['globex'] }));
    await tx.vms.insert(vm(1, { host: metal.id, state: 'busy', job: running.id }));
    await tx.vms.insert(vm(2, { host: metal.id, state: 'busy', scope: globex }));
    await tx.history.append([
      {
        at: at(9),
        subject: { kind: 'vm', id: vm(1).id },
        event: 'agent-usage',
        data: {
          ...{ cpuPercentPeak: 90, memoryMibPeak: 1024, diskMibPeak: 2048 },
          ...{ receivedBytes: 84_000_000, sentBytes: 3_100_000 },
        },
      },
    ]);
    tx.insights.record(finished.id, finishedJob({ ...finished, name: running.name }));
  });
  const handlers = v1Handlers({
    store,
    clock: { now: () => at(120_000), sleep: () => Promise.resolve() },
    random: seededRandom('v1'),
    log: silentLog,
    settings: { timing: defaultTiming, capacity: defaultCapacityPolicy, image: vm(1).image },
    repair: async ({ owner }) => ({
      mended: [
        {
          at: at(1),
          kind: 'job-found-by-poll',
          cause: 'no webhook told of it',
          subject: { kind: 'job', id: job(1).id },
          owner: `${owner}`,
          data: {},
        },
        { at: at(1), kind: 'host-silent', cause: 'x', subject: { kind: 'host', id: metal.id }, data: {} },
      ],
      failed: [],
    }),
    readAgentLog: async () => ['the agent said this'],
    restartAgent: async (id, how) => {
      if (id !== metal.id) return { refused: 'its host has no link to this server at the moment' };
      restarts.push(how);
      return 'restarting';
    },
    ownLog: {
      read: ({ since }) => (since === at(120_000 - 900_000) ? ['{"message":"the server said this"}'] : []),
    },
    readLog: async (_host, id) => [`a line of ${id}`],
  });
  server = await createHttpServer({
    webhook: async () => ({ status: 202, text: '' }),
    api: {} as never,
    v1: handlers,
    metrics: (authorization) =>
      serveMetrics(
        {
          ...{ store, clock: { now: () => at(120_000), sleep: () => Promise.resolve() }, image: vm(1).image },
          ...{ printer: new PromPrinter(), version: '1', tokenHashes: [] },
          identify: async ({ authorization: said }) => callers[(said ?? '').replace('Bearer ', '')],
        },
        authorization,
      ),
    audit: noAudit,
    identify: async ({ authorization }) => callers[(authorization ?? '').replace('Bearer ', '')],
    log: silentLog,
    options: { callsPerMinute: 10_000 },
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => server.close());

interface Asked {
  as?: string;
  json?: boolean;
}
const ask = async (path: string, { as = 'admin', json = false }: Asked = {}) => {
  const headers = { authorization: `Bearer ${as}`, ...(json && { accept: 'application/json' }) };
  const response = await fetch(`${base}/api/v1${path}`, { headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const asked = async (path: string, as?: string): Promise<unknown> =>
  JSON.parse((await ask(path, { json: true, ...(as !== undefined && { as }) })).text);

describe('jobs', () => {
  it('are those that wait and run, with the fields that the client decodes', async () => {
    const jobs = z.array(jobStatus.strict()).parse(await asked('/job-queue?owners=acme&staff=1'));
    expect(jobs).toEqual([
      {
        job_id: 2,
        owner: 'Acme',
        repo: 'App',
        workflow_name: 'ci',
        job_name: 'build (2)',
        actor: 'octocat',
        runner_name: 'bellows-test-1',
        status: 'in_progress',
        labels: [...small],
        url: running.url,
        updated_at: '2026-11-24T12:00:00.002Z',
        startedAt: '2026-11-24T12:00:01.000Z',
        agent_name: 'server1',
        averageRuntime: 60_000_000_000,
        queuedAt: '2026-11-24T12:00:00.000Z',
      },
      expect.objectContaining({ job_id: 1, status: 'queued' }),
    ]);
  });

  it('of all accounts that the caller sees when none is named; of none that they do not', async () => {
    expect(await asked('/job-queue')).toHaveLength(3);
    expect(await asked('/job-queue', 'ada')).toHaveLength(2);
    expect(await asked('/job-queue?owners=globex', 'ada')).toEqual([]);
    expect(await asked('/job-queue?owners=globex,acme', 'ada')).toHaveLength(2);
  });
});

describe('runners', () => {
  it('come as JSON only when it is asked for, with whose they are', async () => {
    const hosts = z.array(runnerHost.strict()).parse(await asked('/runners?owner=acme'));
    expect(hosts).toEqual([
      {
        name: 'server1',
        customer: 'acme',
        status: 'running',
        reachable: true,
        pingNano: 7_250_000,
        uptimeNano: 240_000 * 1e6,
        cpus: 48,
        memory: 65_536 * 1024 * 1024,
        memoryAvailable: (65_536 - 8192) * 1024 * 1024,
        vms: 2,
        maxVms: 16,
        arch: 'amd64',
        agentSHA: '0.1.0',
      },
    ]);
  });

  it('come as a table of text otherwise', async () => {
    const { status, text, headers } = await ask('/runners?images=1&owner=acme');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    const cells = text.split('\n').map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(cells[0]?.join(' | ')).toBe(
      'NAME | CUSTOMER | STATUS | VMS | PING | UP | CPUS | RAM | FREE RAM | ARCH | VERSION | IMAGES',
    );
    expect(cells[2]?.slice(0, 11).join(' ')).toBe(
      'server1 acme running 2/16 7ms 4 minutes 48 68.72GB 60.13GB amd64 0.1.0',
    );
    expect(text).not.toContain('vault');
  });
});

describe('what is asked of one host', () => {
  it.each([
    ['/logs?age=15m&host=server1&owner=acme', 202],
    ['/logs?age=15m&host=server1&id=bellows-test-1&owner=acme', 202],
    ['/service?age=15m&host=server1&owner=acme', 202],
    ['/service?age=15m&host=nowhere&owner=acme', 404],
    ['/metering?host=server1&id=bellows-test-1&owner=acme', 200],
    ['/upgrade?force=1&host=server1&owner=acme', 200],
    ['/upgrade?host=server1&owner=', 200],
    ['/restart?host=server1&owner=acme', 202],
    ['/restart?host=nowhere&owner=acme', 404],
    ['/restart?host=vault&owner=globex', 503],
    ['/controller/logs?age=15m&output=cat', 200],
    ['/controller/logs?age=90s&output=cat', 400],
    ['/logs?age=15m&host=nowhere&owner=acme', 404],
    ['/logs?age=15m&host=vault&owner=acme', 404],
    ['/metering?host=server1&id=nothing&owner=acme', 404],
    ['/logs?age=soon&host=server1&owner=acme', 400],
  ])('%s is answered with %i', async (path, status) => {
    expect((await ask(path)).status).toBe(status);
  });

  it('gives the logs of the VMs that are of the account, by name of the runner, too', async () => {
    const all = await ask('/logs?age=15m&host=server1&owner=acme', { as: 'ada' });
    expect(all.text).toContain(`a line of ${vm(1).id}`);
    expect(all.text).not.toContain(vm(2).id);
    const foreign = await ask(`/logs?age=0m&host=server1&id=${vm(2).id}&owner=acme`, { as: 'ada' });
    expect(foreign.status).toBe(404);
  });

  it('gives what its agent has logged, to operators', async () => {
    expect((await ask('/service?age=15m&host=server1&owner=acme')).text).toBe('the agent said this');
    expect((await ask('/service?age=15m&host=server1&owner=acme', { as: 'olga' })).status).toBe(403);
  });

  it('gives what the control plane itself has logged, to operators', async () => {
    const { text, headers } = await ask('/controller/logs?age=15m&output=cat');
    expect([text, headers.get('content-type')]).toEqual([
      '{"message":"the server said this"}',
      'text/plain; charset=utf-8',
    ]);
    expect((await ask('/controller/logs?age=0m&output=cat')).text).toBe('');
    expect((await ask('/controller/logs?age=15m&output=cat', { as: 'olga' })).status).toBe(403);
    expect((await ask('/controller/logs?age=15m&output=cat', { as: 'guess' })).status).toBe(401);
  });

  it('gives what a VM used', async () => {
    expect(await asked('/metering?host=server1&id=bellows-test-1&owner=acme', 'ada')).toMatchObject({
      runner: 'bellows-test-1',
      host: 'server1',
      usage: [{ cpuPercentPeak: 90, memoryMibPeak: 1024 }],
    });
  });
});

describe('snapshots', () => {
  it('are decimal gigabytes in the list and bytes in the detail, and their job id is a text', async () => {
    const list = z.array(snapshot.strict()).parse(await asked('/snapshots?limit=20&owners=acme', 'ada'));
    expect(list).toMatchObject([
      { job_id: '3', agent_name: 'server1', total_cpu: 2000, share_factor: 0.001 },
    ]);
    expect(list[0]?.total_memory).toBeCloseTo(4.295, 3);
    const one = snapshot.strict().parse(await asked('/snapshot?job=3&owner=acme', 'ada'));
    expect(one.min_memory_available_gb).toBe(3 * 1024 ** 3);
    expect(one).toMatchObject({ network_read_total: 84_000_000, network_write_total: 3_100_000 });
    expect(list[0]).not.toHaveProperty('network_read_total');
    expect((await ask('/snapshot?job=4&owner=globex', { as: 'ada' })).status).toBe(404);
  });
});

describe('what changes something', () => {
  it('repairs for one account and tells how many jobs were given a VM', async () => {
    const { status, text } = await ask('/repair?owner=acme', { as: 'olga' });
    expect([status, JSON.parse(text)]).toEqual([200, { vms: 1 }]);
    expect((await ask('/repair?owner=acme', { as: 'ada' })).status).toBe(403);
    expect((await ask('/repair?owner=globex', { as: 'olga' })).status).toBe(404);
  });

  it('disables a host, for operators', async () => {
    expect((await ask('/disable?host=server1&owner=acme', { as: 'olga' })).status).toBe(403);
    const { status, text } = await ask('/disable?host=server1&owner=acme');
    expect([status, text]).toEqual([200, 'ok']);
    expect(await asked('/runners?owner=acme')).toMatchObject([{ status: 'disabled' }]);
  });
});

describe('restart', () => {
  it('has the agent of a host end, or its machine, for operators, and is a line of the host', async () => {
    restarts.length = 0;
    const agent = await ask('/restart?host=server1&owner=acme');
    expect([agent.status, agent.text]).toEqual([202, 'The agent of server1 starts anew; its VMs go on.']);
    expect((await ask('/restart?host=server1&owner=acme&reboot=1')).text).toBe('server1 starts anew.');
    expect(restarts).toEqual([{ reboot: false }, { reboot: true }]);
    const lines = await store.transaction((tx) => tx.history.of({ kind: 'host', id: metal.id }, 50));
    expect(lines.map(({ event, data }) => [event, data.by])).toEqual(
      expect.arrayContaining([
        ['agent-restarted', admin.name],
        ['rebooted', admin.name],
      ]),
    );
    expect((await ask('/restart?host=server1&owner=acme', { as: 'olga' })).status).toBe(403);
    expect(restarts).toHaveLength(2);
  });
});

describe('the gateway of debug sessions', () => {
  it('lists none, without a token, in the shape that the client decodes', async () => {
    const response = await fetch(`${base}/list`, { headers: { accept: 'application/json' } });
    expect(response.status).toBe(200);
    expect(z.array(sshSession.strict()).parse(await response.json())).toEqual([]);
  });
});

describe('federation', () => {
  it('is for a Prometheus with the token of an account', async () => {
    const path = '/metrics/federate?match[]={job="vms"}';
    const { status, text, headers } = await ask(path, { as: 'ada' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toMatch(/^# (HELP|TYPE) bellows_/m);
    expect((await ask(path, { as: 'guess' })).status).toBe(401);
  });
});

describe('increases', () => {
  it('come as a table, and as JSON when it is asked for', async () => {
    const path = '/job-increases?owner=acme&startDate=2026-10-25';
    expect((await ask(path)).text).toMatch(/^\| REPOSITORY \| WORKFLOW \| JOB \|/);
    expect(await asked(path)).toEqual([]);
  });
});

describe('whoever asks', () => {
  const paths = ['/job-queue', '/runners', '/logs?owner=acme&host=server1', '/snapshots', '/disable'];
  it.each(paths)('needs a token at %s, and is told so in words', async (path) => {
    const response = await fetch(`${base}/api/v1${path}`, { headers: { cookie: 'bellows_session=x' } });
    expect([response.status, response.headers.get('cache-control')]).toEqual([401, 'no-store']);
    expect(await response.text()).toMatch(/^No or wrong token: /);
    expect((await ask(path, { as: 'guess', json: true })).text).toContain('"status":401');
  });

  it('may send what this server does not know, as in a query of ACTUATED_URL', async () => {
    expect((await ask('/job-queue?x=1')).status).toBe(200);
  });

  it('does not see other accounts by staff=1', async () => {
    expect((await ask('/job-queue?staff=1', { as: 'ada' })).status).toBe(403);
  });

  it.each([
    '/job-queue',
    '/job-queue?owners=acme',
    '/runners',
    '/runners?owner=acme',
    '/logs?owner=acme&host=server1',
    `/logs?owner=&host=server1&id=${vm(1).id}`,
    '/metering?owner=acme&host=server1&id=bellows-test-1',
    '/service?owner=acme&host=server1',
    '/job-increases?owner=acme&startDate=2026-10-25',
    '/snapshots',
    '/snapshot?owner=acme&job=3',
    '/repair?owner=acme',
    '/upgrade?owner=acme&host=server1',
    '/restart?owner=acme&host=server1',
    '/controller/logs?age=15m&output=cat',
    '/disable?owner=acme&host=server1',
  ])('learns nothing of another account at %s', async (path) => {
    const { text } = await ask(path, { as: 'stranger', json: true });
    const said = path.replaceAll(/[?&=/]/g, ' ').split(' ');
    const heard = said.reduce((left, word) => (word === '' ? left : left.replaceAll(word, '')), text);
    for (const word of ['server1', 'bellows-test', 'octocat', vm(1).id, metal.id, 'App'])
      expect(heard).not.toContain(word);
  });
});
