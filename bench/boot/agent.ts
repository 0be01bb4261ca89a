// The agent as it is, with a control plane that only orders one VM after the other.

import { join } from 'node:path';
import { JournalFile } from '../../src/adapters/journal-file/journal-file.ts';
import { linuxHostInspector } from '../../src/adapters/linux/host-inspector.ts';
import { linuxProcessTable } from '../../src/adapters/linux/process-table.ts';
import { sparseScratchDisk } from '../../src/adapters/linux/scratch-disk.ts';
import { noCage } from '../../src/adapters/linux-cgroup/no-cage.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { vmFolder } from '../../src/adapters/vm-folder/vm-folder.ts';
import { qemuDriver } from '../../src/adapters/vm-qemu/driver.ts';
import { qemuGuestLink } from '../../src/adapters/vm-qemu/guest-link.ts';
import { userNetwork } from '../../src/adapters/vm-qemu/user-network.ts';
import { runAgent } from '../../src/agent/run.ts';
import { hostId, type ImageDigest, type VmId, vmId } from '../../src/domain/ids.ts';
import { minutes } from '../../src/domain/time.ts';
import type { AgentSocket } from '../../src/ports/agent-link.ts';
import type { ImageSource } from '../../src/ports/image-source.ts';
import type { Log } from '../../src/ports/log.ts';
import { PlainIdentity } from '../../src/sim/plain-sealer.ts';
import { socketPair } from '../../src/sim/socket-pair.ts';
import { type AgentEvent, fromAgent } from '../../src/wire/agent-protocol.ts';
import { type Machine, patienceMs } from './machine.ts';

export interface AgentUnderTest {
  /** Orders a VM, and gives the ms until its guest is ready and those of each phase that the agent tells. */
  boot(until: 'guest-up' | 'docker'): Promise<{ ms: number; phases: ReadonlyMap<string, number> }>;
  stop(): Promise<void>;
}

type Happened = AgentEvent['event'];

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

export async function startAgent(
  folder: string,
  images: ImageSource,
  image: ImageDigest,
  machine: Machine,
): Promise<AgentUnderTest> {
  const clock = new SystemClock();
  const journal = await JournalFile.open(join(folder, 'journal.jsonl'));
  const driver = qemuDriver({
    folder: join(folder, 'qemu'),
    platform: { acceleration: 'tcg', board: 'q35' },
    processes: linuxProcessTable(),
    clock,
  });
  const control = new Control();
  const agent = await runAgent(
    {
      driver,
      disk: sparseScratchDisk({ folder: join(folder, 'disks') }),
      folder: vmFolder(join(folder, 'vms')),
      network: userNetwork({ restricted: true, forwards: [] }),
      cage: noCage(),
      images,
      guestLink: qemuGuestLink(),
      identity: new PlainIdentity('host-bench'),
      clock,
      random: new SystemRandom(),
      log: silent,
      journal,
      inspector: linuxHostInspector(),
      dialer: {
        connect: async () => {
          const [ours, theirs] = socketPair(clock, { delay: () => 0 });
          control.attach(ours);
          return theirs;
        },
      },
    },
    { host: hostId('host-bench'), server: 'http://127.0.0.1:1', version: 'bench' },
  );
  let count = 0;
  return {
    boot: async (until) => {
      const vm = vmId(`vm-bench${String(++count).padStart(7, '0')}`);
      const wanted = {
        vm,
        vcpus: machine.vcpus,
        milliCpus: machine.vcpus * 1000,
        memoryMib: machine.memoryMib,
        diskGib: machine.scratchGib,
        burstable: false,
        image,
        hostname: 'bench',
        idleTimeoutMs: minutes(30),
        bootTimeoutMs: patienceMs,
        lifetimeMs: minutes(60),
      };
      const begun = performance.now();
      control.desire([wanted], []);
      await control.until(vm, (event) =>
        until === 'docker' ? event.kind === 'phase' && event.phase === 'docker' : event.kind === 'guest-up',
      );
      const ms = Math.round(performance.now() - begun);
      // What the guest told with its hello is here a moment later.
      await control.until(vm, (event) => event.kind === 'phase' && event.phase === 'agent');
      const phases = new Map(
        control.of(vm).flatMap((event) => (event.kind === 'phase' ? [[event.phase, event.ms] as const] : [])),
      );
      control.desire([], [{ vm, rule: 'operator', reason: 'measured' }]);
      await control.until(vm, (event) => event.kind === 'gone');
      return { ms, phases };
    },
    stop: async () => {
      await agent.stop();
      driver.release();
      await journal.close();
    },
  };
}

/** The control plane's end of the link. */
class Control {
  #socket: AgentSocket | undefined;
  #generation = 0;
  readonly #events: AgentEvent[] = [];
  #news = Promise.withResolvers<void>();

  attach(socket: AgentSocket): void {
    this.#socket = socket;
    socket.onMessage((text) => this.#hear(text));
  }

  desire(vms: readonly object[], tombstones: readonly object[]): void {
    this.#generation += 1;
    const generation = this.#generation;
    this.#say({ type: 'desired', protocol: 1, epoch: 'bench', generation, vms, tombstones });
  }

  of(vm: VmId): Happened[] {
    return this.#events.flatMap(({ vm: whose, event }) => (whose === vm ? [event] : []));
  }

  async until(vm: VmId, matches: (event: Happened) => boolean): Promise<void> {
    for (const end = performance.now() + patienceMs; !this.of(vm).some(matches); ) {
      const failed = this.of(vm).find((event) => event.kind === 'failed');
      if (failed !== undefined) throw new Error(`the VM failed: ${JSON.stringify(failed)}`);
      if (performance.now() > end)
        throw new Error(`not within ${patienceMs / 1000} s: ${JSON.stringify(this.of(vm))}`);
      await Promise.race([this.#news.promise, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
  }

  #hear(text: string): void {
    const message = fromAgent.parse(JSON.parse(text));
    if (message.type !== 'observed' || message.events.length === 0) return;
    this.#events.push(...message.events.filter(({ number }) => number > (this.#events.at(-1)?.number ?? 0)));
    this.#say({ type: 'acknowledge', upTo: this.#events.at(-1)?.number });
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  #say(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }
}
