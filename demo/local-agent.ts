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
import { type RunningAgent, runAgent } from '../src/agent/run.ts';
import type { HostId, ImageDigest } from '../src/domain/ids.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Log } from '../src/ports/log.ts';
import type { Random } from '../src/ports/random.ts';
import type { HostIdentity } from '../src/ports/sealer.ts';
import { Secret } from '../src/ports/secret.ts';
import { Lifeline } from '../src/sim/crash-points.ts';
import { processRunner } from '../src/sim/driver/process-runner.ts';
import { SimHost } from '../src/sim/driver/sim-host.ts';
import { MemoryVmLogs } from '../src/sim/memory-vm-logs.ts';
import type { Backstage } from './compose.ts';
import type { DemoAgent } from './demo-agent.ts';

export interface AgentOptions {
  backstage: Backstage;
  image: ImageDigest;
  log: Log;
}

const simRunner = join(import.meta.dirname, '../guest/sim-runner/main.ts');

export async function startLocalAgent({ backstage, image, log }: AgentOptions): Promise<DemoAgent> {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const folder = join(backstage.folder, 'agent');
  const workFolder = join(backstage.folder, 'runners');
  await mkdir(workFolder);
  const identity = await openHostIdentity(join(folder, 'keys.json'), clock);
  const url = backstage.server.url;
  const api = new FetchApiClient({ url, token: async () => new Secret(backstage.adminToken) });
  const host = await enrol(api, identity, { token: new Secret(backstage.enrolToken), name: 'demo' });
  const machine = new SimHost({
    clock,
    random,
    images: [image],
    runner: processRunner({ folder: workFolder, command: [process.execPath, simRunner, 'run'] }),
  });
  const start = (): Promise<Running> => startOn(machine, { folder, url, host, identity, clock, random, log });
  let running = await start();
  return {
    async crash() {
      running.life.kill();
      await running.journal.close();
      running = await start();
    },
    async stop() {
      await running.agent.stop();
      await running.journal.close();
    },
  };
}

interface Running {
  life: Lifeline;
  agent: RunningAgent;
  journal: JournalFile;
}

/** One life of the agent: killed, it is cut off from everything, and its promises never settle. */
async function startOn(
  machine: SimHost,
  { folder, url, host, identity, clock, random, log }: AgentParts,
): Promise<Running> {
  const life = new Lifeline(undefined);
  const journal = await JournalFile.open(join(folder, 'journal.jsonl'));
  const dialer = new WebSocketDialer();
  const agent = await runAgent(
    {
      driver: life.watch('driver', machine.driver),
      disk: life.watch('disk', machine.disk),
      folder: life.watch('folder', machine.folder),
      network: life.watch('network', machine.network),
      cage: life.watch('cage', machine.cage),
      images: life.watch('images', machine.imageSource),
      journal: life.watch('journal', journal),
      guestLink: {
        connect: async (vm, path) => {
          const stream = await life.watch('guestLink', machine.guestLink).connect(vm, path);
          life.hold(() => stream.close());
          return stream;
        },
      },
      vmLogs: new MemoryVmLogs(),
      inspector: life.bind(machine.inspector),
      vitals: life.bind(machine.vitals),
      clock: life.bind(clock),
      identity,
      random,
      log,
      dialer: {
        connect: async (address, token) => {
          const socket = await dialer.connect(address, token);
          life.hold(() => socket.close(1000, 'the agent died'));
          return socket;
        },
      },
    },
    { host, server: url, version: 'demo', offer: { maxBooting: 4 } },
  );
  return { life, agent, journal };
}

interface AgentParts {
  folder: string;
  url: string;
  host: HostId;
  identity: HostIdentity;
  clock: Clock;
  random: Random;
  log: Log;
}
