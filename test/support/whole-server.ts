// A whole control plane in the test's own process: an embedded PostgreSQL, and the simulated GitHub over HTTP. For what the
// programs themselves do there is `makeProduct`.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { tokenHash } from '../../src/control-plane/requests/tokens.ts';
import { type RunningServer, type ServerConfig, startServer } from '../../src/main/start-server.ts';
import { silentLog } from '../../src/ports/log.ts';
import { Secret } from '../../src/ports/secret.ts';
import { type SimGithubServer, startSimGithubServer } from '../../src/sim/github/http/server.ts';
import { SimGithub } from '../../src/sim/github/sim-github.ts';
import { worldSettings } from '../../src/sim/world/settings.ts';

/** What operators call the API with. */
export const adminToken = 'operators';

export interface WholeServer {
  readonly github: SimGithub;
  /** The simulated GitHub over HTTP. */
  readonly site: SimGithubServer;
  /** Another one after `restart`. */
  readonly running: RunningServer;
  /** Stops it and starts it on the same database at the same address, with other settings if any are given. */
  restart(changes?: Partial<ServerConfig>): Promise<void>;
  close(): Promise<void>;
}

/** @param configure what it is started with besides the organisations, each of which has the App installed and is served. */
export async function startWholeServer(
  organizations: readonly string[],
  configure: (site: SimGithubServer) => Partial<ServerConfig>,
): Promise<WholeServer> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-whole-server-'));
  // As root, PostgreSQL runs as a user of its own, who must get through to its folder.
  await chmod(folder, 0o711);
  const github = new SimGithub({ clock: new SystemClock(), random: new SystemRandom() });
  for (const organization of organizations) {
    github.createOrganization(organization);
    github.installApp(organization);
  }
  const site = await startSimGithubServer({ github });
  const { app, apiUrl } = site;
  const config: ServerConfig = {
    listen: { host: '127.0.0.1', port: 0 },
    publicUrl: undefined,
    database: { folder: join(folder, 'pg'), mayCreateUser: true },
    github: {
      appId: app.id,
      privateKey: new Secret(app.privateKey),
      apiUrl,
      webhookSecrets: [new Secret(app.webhookSecret)],
    },
    operators: [],
    adminTokenHashes: [tokenHash(adminToken)],
    trustProxy: false,
    settings: { ...worldSettings, owners: [...organizations] },
    log: silentLog,
    version: 'test',
    ...configure(site),
  };
  let running = await startServer(config);
  const { hostname, port } = new URL(running.url);
  return {
    github,
    site,
    get running() {
      return running;
    },
    async restart(changes = {}) {
      await running.stop();
      running = await startServer({ ...config, listen: { host: hostname, port: Number(port) }, ...changes });
    },
    async close() {
      await running.stop();
      await site.close();
      github.close();
      await rm(folder, { recursive: true });
    },
  };
}
