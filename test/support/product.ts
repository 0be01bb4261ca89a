// The product as a user runs it: `bellows server` and `bellows agent` as processes with settings in their environment, an
// embedded PostgreSQL, and the simulated GitHub over HTTP in the test's own process. All that is written lies in one folder.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Found, leaksBetween, takeInventory } from '../../demo/leaks/inventory.ts';
import { FetchApiClient } from '../../src/adapters/api-client/fetch-api-client.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { cacheFolder } from '../../src/main/default-image.ts';
import { Secret } from '../../src/ports/secret.ts';
import { type SimGithubServer, startSimGithubServer } from '../../src/sim/github/http/server.ts';
import { newShellKeys, rsaJwkOf, type ShellKeys } from '../../src/sim/github/http/shell.ts';
import { encodeJitConfig } from '../../src/sim/github/jit-config.ts';
import { SimGithub } from '../../src/sim/github/sim-github.ts';
import { type ApiJob, jobEvents, listJobs } from '../../src/wire/api/jobs.ts';
import { type ApiVm, listVms } from '../../src/wire/api/vms.ts';
import { webhookPath } from '../../src/wire/github-webhook.ts';
import { type Gate, makeGate } from './gate.ts';
import { type Environment, type Program, startProgram } from './program.ts';
import { root } from './source-tree.ts';

export const repository = 'acme/app';
/** How VMs reach the simulated GitHub and the gate. Not `.localhost`, which curl takes for the VM itself. */
const github = { name: 'github.internal', address: '10.0.2.100' };
const gateway = { name: 'gate.internal', address: '10.0.2.101' };
export const gateAddress = `http://${gateway.name}`;

/** A program starts within some seconds, unless the machine has much else to do. */
const startMs = 240_000;

export interface ProductOptions {
  /** The image that VMs start from. */
  image: string;
  /** What XDG_CACHE_HOME is for the programs: where their images lie. */
  cache?: string;
  agentFolder?: string;
  /** The `bellows` command; that of the sources when left out. */
  program?: readonly string[];
}

export interface Product {
  readonly folder: string;
  readonly agentFolder: string;
  readonly github: SimGithub;
  readonly keys: ShellKeys;
  /** Where the control plane listens, on 127.0.0.1. */
  readonly serverPort: number;
  readonly gate: Gate;
  startServer(settings?: Environment): Promise<Program>;
  /** Enrols with a token of `bellows host enrol-token` at its first start. */
  startAgent(settings?: Environment): Promise<Program>;
  /** What a command prints with `--json`. */
  bellows(...command: string[]): Promise<unknown>;
  /** By the API, for waiting; a command costs a second. Nothing while the control plane does not answer. */
  look(): Promise<{ jobs: readonly ApiJob[]; vms: readonly ApiVm[] } | undefined>;
  /** By the command line. */
  jobs(): Promise<readonly ApiJob[]>;
  vms(...options: string[]): Promise<readonly ApiVm[]>;
  events(job: ApiJob): Promise<readonly string[]>;
  /** The JIT configurations of all runners that GitHub has made so far. */
  jitConfigs(): readonly string[];
  /** Processes, devices and the like that were not there before, less the programs, their database and a disk that is the agent's folder. */
  leftovers(): Promise<readonly string[]>;
  /** @param between is done when all programs have ended and before the folder is removed. */
  stop(between?: () => Promise<void>): Promise<void>;
}

/** Whether the program is on the path. */
export const hasProgram = (name: string): boolean =>
  (process.env.PATH ?? '').split(':').some((path) => existsSync(join(path, name)));

export async function makeProduct(options: ProductOptions): Promise<Product> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-e2e-'));
  // As root, PostgreSQL runs as a user of its own, who must get through to its folder.
  await chmod(folder, 0o711);
  const agentFolder = options.agentFolder ?? join(folder, 'agent');
  const before = await takeInventory(places(folder));
  const keys = newShellKeys();
  const gate = await makeGate();
  const { sim, simServer } = await simulateGitHub(keys);
  const env = await environment(options, { folder, agentFolder, gate, simServer });
  simServer.setWebhookUrl(`${env.BELLOWS_URL}${webhookPath}`);
  const programs: Program[] = [];

  const program = options.program ?? [process.execPath, join(root, 'src/main/cli.ts')];
  const start = async (name: string, args: readonly string[], settings: Environment): Promise<Program> => {
    const logPath = join(folder, 'logs', `${name}-${programs.length}.log`);
    const command = [...program, name, ...args];
    const started = await startProgram(command, { env: { ...env, ...settings }, logPath });
    programs.push(started);
    return started;
  };
  const bellows = async (...command: string[]): Promise<unknown> => {
    const [file = '', ...args] = [...program, ...command, '--json'];
    const { stdout } = await promisify(execFile)(file, args, { env });
    return JSON.parse(stdout);
  };
  const api = new FetchApiClient({
    url: String(env.BELLOWS_URL),
    token: async () => new Secret((await readFile(String(env.BELLOWS_TOKEN_FILE), 'utf8')).trim()),
  });
  return {
    ...{ folder, agentFolder, github: sim, keys, gate, bellows },
    serverPort: Number(new URL(String(env.BELLOWS_URL)).port),
    async startServer(settings = {}) {
      const server = await start('server', ['--create-user'], settings);
      await server.says(/control plane is up/, startMs);
      return server;
    },
    async startAgent(settings = {}) {
      const tokenFile = String(env.BELLOWS_ENROL_TOKEN_FILE);
      if (!(await isThere(tokenFile))) {
        const made = await bellows('host', 'enrol-token', '--name', 'test');
        await writeFile(tokenFile, fieldOf(made, 'token'), { mode: 0o600 });
      }
      const agent = await start('agent', [], settings);
      await agent.says(/agent started/, startMs);
      return agent;
    },
    async look() {
      const [jobs, vms] = await Promise.all([api.call('listJobs'), api.call('listVms')]).catch(() => []);
      return jobs?.ok && vms?.ok ? { jobs: jobs.value.jobs, vms: vms.value.vms } : undefined;
    },
    jobs: async () => listJobs.answer.parse(await bellows('jobs')).jobs,
    vms: async (...more) => listVms.answer.parse(await bellows('vms', ...more)).vms,
    events: async ({ id }) =>
      jobEvents.answer.parse(await bellows('events', String(id))).events.map(({ event }) => event),
    jitConfigs: () =>
      [...sim.world.state.runners.values()].map((runner) =>
        encodeJitConfig(sim.world, runner, rsaJwkOf(keys.runner)),
      ),
    leftovers: async () => {
      const ours = new Set(programs.filter((program) => program.isRunning()).map(({ pid }) => `${pid}:`));
      return leaksBetween(before, await takeInventory(places(folder)))
        .filter(({ what }) => !what.endsWith(` on ${agentFolder}`))
        .filter(({ what }) => !ours.has(what.split(' ')[0] ?? '') && !what.includes('postgres'))
        .map(({ kind, what }) => `${kind}: ${what}`);
    },
    async stop(between) {
      // What a program cannot do by itself any more is done for it below.
      for (const program of programs) if (program.isRunning()) await program.end().catch(() => undefined);
      endProcesses(leaksBetween(before, await takeInventory(places(folder))));
      await between?.();
      sim.close();
      await simServer.close();
      await gate.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function simulateGitHub(keys: ShellKeys): Promise<{ sim: SimGithub; simServer: SimGithubServer }> {
  const sim = new SimGithub({ clock: new SystemClock(), random: new SystemRandom() });
  sim.createOrganization('acme');
  sim.installApp('acme');
  sim.createRepository({ owner: 'acme', name: 'app', private: true });
  const simServer = await startSimGithubServer({ github: sim, keys, runnerUrl: `http://${github.name}` });
  return { sim, simServer };
}

interface Parts {
  folder: string;
  agentFolder: string;
  gate: Gate;
  simServer: SimGithubServer;
}

/** Every setting that the programs need, and nothing of the test's own environment but the path. */
async function environment(
  { image, cache = dirname(cacheFolder()) }: ProductOptions,
  { folder, agentFolder, gate, simServer }: Parts,
): Promise<Environment> {
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  await mkdir(join(folder, 'logs'));
  const port = await freePort();
  return {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    XDG_CACHE_HOME: cache,
    BELLOWS_URL: `http://127.0.0.1:${port}`,
    BELLOWS_LISTEN: `127.0.0.1:${port}`,
    BELLOWS_DATA_FOLDER: join(folder, 'data'),
    BELLOWS_TOKEN_FILE: join(folder, 'data', 'admin-token'),
    BELLOWS_GITHUB_APP_ID: String(simServer.app.id),
    BELLOWS_GITHUB_PRIVATE_KEY_FILE: await file('app.pem', simServer.app.privateKey),
    BELLOWS_WEBHOOK_SECRET_FILE: await file('webhook-secret', simServer.app.webhookSecret),
    BELLOWS_GITHUB_API_URL: simServer.apiUrl,
    BELLOWS_OWNERS: 'acme',
    BELLOWS_IMAGE: image,
    BELLOWS_BOOT_TIMEOUT: '4m',
    BELLOWS_POLL_ACTIVE: '10s',
    BELLOWS_AGENT_FOLDER: agentFolder,
    // Other tests use images of this machine, too.
    BELLOWS_KEEP_IMAGES: '1000',
    BELLOWS_ENROL_TOKEN_FILE: join(folder, 'enrol-token'),
    BELLOWS_GUEST_HOSTS: `${github.name}=${github.address},${gateway.name}=${gateway.address}`,
    BELLOWS_GUEST_FORWARDS: `${github.address}:80=127.0.0.1:${simServer.port},${gateway.address}:80=127.0.0.1:${gate.port}`,
  };
}

/** The agent is told the control plane's address before there is one, and it stays over restarts. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('bug: a TCP server without a port');
  return address.port;
}

const places = (folder: string) => ({ marks: [folder], folders: [], registrations: async () => [] });

/** VMs go on without their agent: those of a test that failed must not. */
function endProcesses(found: readonly Found[]): void {
  for (const { kind, id } of found) {
    if (kind !== 'process') continue;
    try {
      process.kill(Number(id.split(' ')[0]), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

const isThere = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => true,
    () => false,
  );

function fieldOf(object: unknown, name: string): string {
  if (typeof object === 'object' && object !== null) return String(Reflect.get(object, name));
  throw new Error(`no ${name} in ${JSON.stringify(object)}`);
}
