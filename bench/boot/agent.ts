// The agent as it is, with a control plane that only orders one VM after the other.

import { readFile } from 'node:fs/promises';
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
import { apply, emptyState } from '../../src/agent/state.ts';
import { hostId, type ImageDigest, type VmId, vmId } from '../../src/domain/ids.ts';
import { minutes } from '../../src/domain/time.ts';
import type { ImageSource } from '../../src/ports/image-source.ts';
import type { Log } from '../../src/ports/log.ts';
import { Secret } from '../../src/ports/secret.ts';
import type { UserNetwork } from '../../src/ports/vm-driver.ts';
import { MemoryVmLogs } from '../../src/sim/memory-vm-logs.ts';
import { PlainIdentity, PlainSealer } from '../../src/sim/plain-sealer.ts';
import { socketPair } from '../../src/sim/socket-pair.ts';
import { journalEntry } from '../../src/wire/agent-journal.ts';
import { Control } from './control.ts';
import { type Machine, patienceMs } from './machine.ts';

export interface AgentUnderTest {
  /** Orders a VM, and gives the ms until its guest is ready and those of each phase that the agent tells. */
  boot(until: 'guest-up' | 'docker'): Promise<{ ms: number; phases: ReadonlyMap<string, number> }>;
  /**
   * Orders a VM with this JIT configuration, and gives the ms from the order until its runner listens, and of these the ms
   * from the moment in which the guest had the configuration.
   */
  listen(jitConfig: string): Promise<{ ms: number; runnerStartMs: number }>;
  /** Has so many VMs booted, and leaves them until the stop. */
  keep(count: number): Promise<void>;
  /** Resolves when so many warm VMs wait. */
  warmedUp(): Promise<void>;
  stop(): Promise<void>;
}

export interface BenchAgentOptions {
  /** Guests reach what listens there as `bench.internal`, port 80. */
  hostPort?: number;
  /** Warm VMs to have. */
  warm?: number;
}

/** What guests call the host. */
export const hostNameInGuests = 'bench.internal';
const hostAddress = '10.0.2.100';

/** A measurement of what went wrong is none: failures are told. */
const silent: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (message, about) => console.error(message, about),
  with: () => silent,
};

export async function startAgent(
  folder: string,
  images: ImageSource,
  image: ImageDigest,
  machine: Machine,
  options: BenchAgentOptions = {},
): Promise<AgentUnderTest> {
  const clock = new SystemClock();
  const journalPath = join(folder, 'journal.jsonl');
  const journal = await JournalFile.open(journalPath);
  const driver = qemuDriver({
    folder: join(folder, 'qemu'),
    platform: { acceleration: 'tcg', board: 'q35' },
    processes: linuxProcessTable(),
    clock,
  });
  const control = new Control(image);
  const identity = new PlainIdentity('host-bench');
  const { hostPort, warm = 0 } = options;
  const agent = await runAgent(
    {
      driver,
      disk: sparseScratchDisk({ folder: join(folder, 'disks') }),
      folder: vmFolder(join(folder, 'vms')),
      network: userNetwork({ restricted: true, forwards: forwardsTo(hostPort) }),
      cage: noCage(),
      images,
      guestLink: qemuGuestLink(),
      identity,
      clock,
      random: new SystemRandom(),
      log: silent,
      journal,
      vmLogs: new MemoryVmLogs(),
      inspector: linuxHostInspector(),
      dialer: {
        connect: async () => {
          const [ours, theirs] = socketPair(clock, { delay: () => 0 });
          control.attach(ours);
          return theirs;
        },
      },
    },
    {
      host: hostId('host-bench'),
      server: 'http://127.0.0.1:1',
      version: 'bench',
      guest: { hosts: [`${hostAddress} ${hostNameInGuests}`] },
      warm: warm === 0 ? [] : [{ ...sizeOf(machine), count: warm }],
    },
  );
  return {
    ...measurements(control, image, machine, identity),
    warmedUp: () => untilWarm(journalPath, warm),
    stop: async () => {
      await agent.stop();
      // Warm VMs would wait for the next agent.
      for (const vm of await driver.find()) await driver.stop(vm);
      driver.release();
      await journal.close();
    },
  };
}

const forwardsTo = (hostPort: number | undefined): UserNetwork['forwards'] =>
  hostPort === undefined
    ? []
    : [{ guestAddress: hostAddress, guestPort: 80, hostAddress: '127.0.0.1', hostPort }];

function measurements(
  control: Control,
  image: ImageDigest,
  machine: Machine,
  identity: PlainIdentity,
): Pick<AgentUnderTest, 'boot' | 'listen' | 'keep'> {
  let count = 0;
  const next = (): VmId => vmId(`vm-bench${String(++count).padStart(7, '0')}`);
  const orderFor = (vm: VmId) => ({
    vm,
    ...sizeOf(machine),
    image,
    hostname: 'bench',
    idleTimeoutMs: minutes(30),
    bootTimeoutMs: patienceMs,
    lifetimeMs: minutes(60),
  });
  const kept: ReturnType<typeof orderFor>[] = [];
  const end = async (vm: VmId): Promise<void> => {
    control.desire([], [{ vm, rule: 'operator', reason: 'measured' }]);
    await control.until(vm, (event) => event.kind === 'gone');
  };
  return {
    boot: async (until) => {
      const vm = next();
      const wanted = orderFor(vm);
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
      await end(vm);
      return { ms, phases };
    },
    listen: async (jitConfig) => {
      const vm = next();
      const sealedJit = await new PlainSealer().seal(new Secret(jitConfig), identity.sealingKey);
      const begun = performance.now();
      control.desire([{ ...orderFor(vm), sealedJit }], []);
      await control.until(vm, (event) => event.kind === 'handed');
      const handedAt = performance.now();
      await control.until(vm, (event) => event.kind === 'runner-listening');
      const done = performance.now();
      await end(vm);
      return { ms: Math.round(done - begun), runnerStartMs: Math.round(done - handedAt) };
    },
    keep: async (wanted) => {
      while (kept.length < wanted) kept.push(orderFor(next()));
      control.desire(kept, []);
      for (const { vm } of kept) await control.until(vm, ({ kind }) => kind === 'guest-up');
    },
  };
}

/** By what the agent wrote down. */
async function untilWarm(journalPath: string, count: number): Promise<void> {
  for (const end = performance.now() + patienceMs; ; ) {
    const lines = (await readFile(journalPath, 'utf8')).split('\n').filter((line) => line !== '');
    const entries = lines.map((line) => journalEntry.parse(JSON.parse(line)));
    if (entries.reduce(apply, emptyState).warm.filter(({ ready }) => ready).length === count) return;
    if (performance.now() > end) throw new Error(`the warm pool is not full after ${patienceMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const sizeOf = ({ vcpus, memoryMib, scratchGib }: Machine) => ({
  vcpus,
  milliCpus: vcpus * 1000,
  memoryMib,
  diskGib: scratchGib,
  burstable: false,
});
