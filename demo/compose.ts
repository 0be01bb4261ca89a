// Puts the whole product together on one machine: the simulated GitHub, a control plane on an embedded PostgreSQL, and one
// agent. Everything that it starts or writes lies below one folder, so that what is left can be found.

import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../src/adapters/system/clock.ts';
import { SystemRandom } from '../src/adapters/system/random.ts';
import type { ImageDigest } from '../src/domain/ids.ts';
import { defaultLabelPolicy } from '../src/domain/labels/parse-label.ts';
import { defaultTiming } from '../src/domain/lifecycle/deadlines.ts';
import { defaultBalancePolicy } from '../src/domain/scheduling/balance.ts';
import { defaultCapacityPolicy } from '../src/domain/scheduling/capacity.ts';
import { defaultReserveAfterMs } from '../src/domain/scheduling/placement.ts';
import { minutes, seconds } from '../src/domain/time.ts';
import { type RunningServer, startServer } from '../src/main/start-server.ts';
import type { Log } from '../src/ports/log.ts';
import { Secret } from '../src/ports/secret.ts';
import { type SimGithubServer, startSimGithubServer } from '../src/sim/github/http/server.ts';
import { newShellKeys, type ShellKeys } from '../src/sim/github/http/shell.ts';
import { SimGithub } from '../src/sim/github/sim-github.ts';
import { webhookPath } from '../src/wire/github-webhook.ts';
import { githubName } from './github-address.ts';

export const owner = 'acme';
export const repository = 'acme/demo';

export interface Backstage {
  folder: string;
  github: SimGithub;
  githubServer: SimGithubServer;
  /** The simulator's keys, by which a leaked JIT configuration would be known. */
  keys: ShellKeys;
  /** Another one after a restart, at the same address. */
  readonly server: RunningServer;
  restartServer(): Promise<void>;
  adminToken: string;
  /** A token with which one agent can enrol. */
  enrolToken: string;
  stop(): Promise<void>;
}

export interface BackstageOptions {
  image: ImageDigest;
  /** VMs are emulated, and everything takes its time. */
  emulated: boolean;
  /** The accounts that are served; only the demo's own when left out. */
  owners?: readonly string[];
  /** Runners are processes of this machine, not of a VM. */
  runnersAreLocal: boolean;
  /** Webhooks get lost: it looks more often at what they may not have told. */
  looksOften: boolean;
  log: Log;
}

/** Starts everything but the agent. */
export async function setBackstage(options: BackstageOptions): Promise<Backstage> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-demo-'));
  // As root, PostgreSQL runs as a user of its own, who must get through to its folder.
  await chmod(folder, 0o711);
  const opened: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const keys = newShellKeys();
    const { github, githubServer } = await simulateGitHub(options, keys);
    opened.push(async () => {
      github.close();
      await githubServer.close();
    });
    const adminToken = Buffer.from(new SystemRandom().bytes(24)).toString('base64url');
    const config = serverConfig(options, githubServer, folder, adminToken);
    let server = await startServer(config);
    opened.push(() => server.stop());
    const restartServer = async (): Promise<void> => {
      const { hostname, port } = new URL(server.url);
      await server.stop();
      server = await startServer({ ...config, listen: { host: hostname, port: Number(port) } });
    };
    githubServer.setWebhookUrl(`${server.url}${webhookPath}`);
    githubServer.setCallbackUrl(`${server.url}/sign-in/callback`);
    await mkdir(join(folder, 'agent'));
    await writeFile(join(folder, 'admin-token'), adminToken, { mode: 0o600 });
    const enrolToken = await makeEnrolToken(server, adminToken);
    return {
      ...{ folder, github, githubServer, keys, restartServer, adminToken, enrolToken, stop },
      get server() {
        return server;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function simulateGitHub({ runnersAreLocal }: BackstageOptions, keys: ShellKeys) {
  const github = new SimGithub({ clock: new SystemClock(), random: new SystemRandom() });
  github.createOrganization(owner);
  github.installApp(owner);
  github.createRepository({ owner, name: 'demo', private: true });
  const githubServer = await startSimGithubServer({
    github,
    keys,
    ...(runnersAreLocal ? {} : { runnerUrl: `http://${githubName}` }),
  });
  return { github, githubServer };
}

function serverConfig(
  options: BackstageOptions,
  github: SimGithubServer,
  folder: string,
  adminToken: string,
) {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    publicUrl: undefined,
    database: { folder: join(folder, 'postgres'), mayCreateUser: true },
    github: {
      appId: github.app.id,
      privateKey: new Secret(github.app.privateKey),
      apiUrl: github.apiUrl,
      webhookSecrets: [new Secret(github.app.webhookSecret)],
    },
    githubStatusPage: github.url,
    oauth: { clientId: github.app.clientId, clientSecret: new Secret(github.app.clientSecret) },
    adminTokenHashes: [createHash('sha256').update(adminToken).digest('hex')],
    trustProxy: false,
    settings: {
      owners: [...(options.owners ?? [owner])],
      runnerGroups: {},
      labels: defaultLabelPolicy,
      timing: {
        ...defaultTiming,
        startingMs: options.emulated ? minutes(3) : seconds(60),
        completedGraceMs: seconds(20),
      },
      capacity: defaultCapacityPolicy,
      balance: defaultBalancePolicy,
      reserveAfterMs: defaultReserveAfterMs,
      image: options.image,
      hostSilenceMs: seconds(60),
      removeHostAfterMs: minutes(15),
      pollActiveMs: options.looksOften ? seconds(3) : seconds(30),
      pollLatelyMs: options.looksOften ? seconds(5) : minutes(2),
      pollAllMs: options.looksOften ? seconds(10) : minutes(5),
      lookShare: 0.6,
      checkRuns: true,
      readLogs: true,
    },
    log: options.log,
    version: 'demo',
  };
}

async function makeEnrolToken(server: RunningServer, adminToken: string): Promise<string> {
  const response = await fetch(`${server.url}/api/bellows/v1/enrol-tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const answer: unknown = await response.json();
  if (response.ok && typeof answer === 'object' && answer !== null && 'token' in answer)
    return String(answer.token);
  throw new Error(`no enrolment token: ${response.status} ${JSON.stringify(answer)}`);
}
