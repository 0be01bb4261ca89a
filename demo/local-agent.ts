// The agent where there are no VMs (`--driver sim`): the same agent and the same guest protocol, but its VMs are simulated and
// their runners are processes of this machine. They are not isolated from anything.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocketDialer } from '../src/adapters/agent-link-ws/dialer.ts';
import { FetchApiClient } from '../src/adapters/api-client/fetch-api-client.ts';
import { JournalFile } from '../src/adapters/journal-file/journal-file.ts';
import { openHostIdentity } from '../src/adapters/sealer-jose/host-identity.ts';
import { SystemClock } from '../src/adapters/system/clock.ts';
import { SystemRandom } from '../src/adapters/system/random.ts';
import { enrol } from '../src/agent/enrol.ts';
import { runAgent } from '../src/agent/run.ts';
import type { ImageDigest } from '../src/domain/ids.ts';
import type { Log } from '../src/ports/log.ts';
import { Secret } from '../src/ports/secret.ts';
import { processRunner } from '../src/sim/driver/process-runner.ts';
import { SimHost } from '../src/sim/driver/sim-host.ts';
import type { Backstage } from './compose.ts';

export interface AgentOptions {
  backstage: Backstage;
  image: ImageDigest;
  log: Log;
}

const simRunner = join(import.meta.dirname, '../guest/sim-runner/main.ts');

export async function startLocalAgent({
  backstage,
  image,
  log,
}: AgentOptions): Promise<{ stop(): Promise<void> }> {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const folder = join(backstage.folder, 'agent');
  const workFolder = join(backstage.folder, 'runners');
  await mkdir(workFolder);
  const identity = await openHostIdentity(join(folder, 'keys.json'), clock);
  const url = backstage.server.url;
  const api = new FetchApiClient({ url, token: async () => new Secret(backstage.adminToken) });
  const host = await enrol(api, identity, { token: new Secret(backstage.enrolToken), name: 'demo' });
  const journal = await JournalFile.open(join(folder, 'journal.jsonl'));
  const machine = new SimHost({
    clock,
    random,
    images: [image],
    runner: processRunner({ folder: workFolder, command: [process.execPath, simRunner, 'run'] }),
  });
  const agent = await runAgent(
    {
      driver: machine.driver,
      disk: machine.disk,
      folder: machine.folder,
      images: machine.imageSource,
      guestLink: machine.guestLink,
      inspector: machine.inspector,
      identity,
      clock,
      random,
      log,
      journal,
      dialer: new WebSocketDialer(),
    },
    { host, server: url, version: 'demo', offer: { maxBooting: 4 } },
  );
  return {
    async stop() {
      await agent.stop();
      await journal.close();
    },
  };
}
