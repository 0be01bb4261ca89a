// The agent with a real microVM: the whole life of one, with the agent restarted in the middle of it.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testImage } from '../../test/support/test-image.ts';
import { JournalFile } from '../adapters/journal-file/journal-file.ts';
import { linuxHostInspector } from '../adapters/linux/host-inspector.ts';
import { linuxProcessTable } from '../adapters/linux/process-table.ts';
import { sparseScratchDisk } from '../adapters/linux/scratch-disk.ts';
import { noCage } from '../adapters/linux-cgroup/no-cage.ts';
import { SystemClock } from '../adapters/system/clock.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { vmFolder } from '../adapters/vm-folder/vm-folder.ts';
import { qemuDriver } from '../adapters/vm-qemu/driver.ts';
import { qemuGuestLink } from '../adapters/vm-qemu/guest-link.ts';
import { userNetwork } from '../adapters/vm-qemu/user-network.ts';
import { hostId, vmId } from '../domain/ids.ts';
import { minutes, seconds } from '../domain/time.ts';
import type { AgentSocket } from '../ports/agent-link.ts';
import type { BootFiles } from '../ports/image-source.ts';
import type { Log } from '../ports/log.ts';
import { Secret } from '../ports/secret.ts';
import { MemoryVmLogs } from '../sim/memory-vm-logs.ts';
import { PlainIdentity, PlainSealer } from '../sim/plain-sealer.ts';
import { socketPair } from '../sim/socket-pair.ts';
import { type AgentEvent, type DesiredVm, fromAgent } from '../wire/agent-protocol.ts';
import { type RunningAgent, runAgent } from './run.ts';

const vm = vmId(`vm-${Buffer.from(new SystemRandom().bytes(6)).toString('hex')}`);
const secret = 'bm90IGEgSklUIGNvbmZpZ3VyYXRpb24=';

describe('an agent with QEMU', () => {
  const clock = new SystemClock();
  const events: AgentEvent[] = [];
  const logged: string[] = [];
  let folder: string;
  let image: BootFiles;
  let control: AgentSocket | undefined;
  let stopAgent: () => Promise<void> = async () => {};
  let generation = 0;

  const log: Log = {
    debug: () => {},
    info: (message, fields) => void logged.push(`${message} ${JSON.stringify(fields)}`),
    warn: (message, fields) => void logged.push(`${message} ${JSON.stringify(fields)}`),
    error: (message, fields) =>
      void logged.push(`${message} ${String(fields?.error)} ${JSON.stringify(fields)}`),
    with: () => log,
  };

  const say = (message: object): void => control?.send(JSON.stringify(message));
  const desire = (
    vms: DesiredVm[],
    tombstones: { vm: string; rule: string; reason: string }[] = [],
  ): void => {
    generation += 1;
    say({ type: 'desired', protocol: 1, epoch: 'e', generation, vms, tombstones });
  };
  const happened = (kind: string): boolean => events.some(({ event }) => event.kind === kind);
  const until = async (kind: string): Promise<void> => {
    for (const end = clock.now() + minutes(4); !happened(kind); await clock.sleep(50))
      if (clock.now() > end) throw new Error(`no ${kind}: ${JSON.stringify(events)} ${logged.join('\n')}`);
  };

  const startAgent = async (): Promise<void> => {
    const journal = await JournalFile.open(join(folder, 'journal.jsonl'));
    const driver = qemuDriver({
      folder: join(folder, 'qemu'),
      platform: { acceleration: 'tcg', board: 'q35' },
      processes: linuxProcessTable(),
      clock,
    });
    const agent: RunningAgent = await runAgent(
      {
        driver,
        disk: sparseScratchDisk({ folder: join(folder, 'disks') }),
        folder: vmFolder(join(folder, 'vms')),
        network: userNetwork({ restricted: true, forwards: [] }),
        cage: noCage(),
        images: { resolve: async () => image, list: async () => [image.digest], ages: async () => [] },
        guestLink: qemuGuestLink(),
        identity: new PlainIdentity('host-1'),
        clock,
        random: new SystemRandom(),
        log,
        journal,
        vmLogs: new MemoryVmLogs(),
        inspector: linuxHostInspector(),
        dialer: {
          connect: async () => {
            const [ours, theirs] = socketPair(clock, { delay: () => 0 });
            control = ours;
            ours.onMessage(hear);
            return theirs;
          },
        },
      },
      { host: hostId('host-1'), server: 'http://127.0.0.1:1', version: 'test' },
    );
    stopAgent = async () => {
      stopAgent = async () => {};
      await agent.stop();
      driver.release();
      await journal.close();
    };
  };

  const hear = (text: string): void => {
    const message = fromAgent.parse(JSON.parse(text));
    if (message.type !== 'observed') return;
    events.push(...message.events.filter(({ number }) => number > (events.at(-1)?.number ?? 0)));
    if (message.events.length > 0) say({ type: 'acknowledge', upTo: events.at(-1)?.number });
  };

  const wanted = (): DesiredVm => ({
    vm,
    vcpus: 2,
    milliCpus: 2000,
    memoryMib: 1024,
    diskGib: 4,
    burstable: false,
    image: image.digest,
    hostname: 'runner-of-a-test',
    idleTimeoutMs: minutes(5),
    bootTimeoutMs: minutes(3),
    lifetimeMs: minutes(30),
  });

  beforeAll(async () => {
    image = await testImage();
    folder = await mkdtemp(join(tmpdir(), 'bellows-agent-'));
    await startAgent();
  }, 900_000);

  afterAll(async () => {
    await stopAgent();
    const driver = qemuDriver({
      folder: join(folder, 'qemu'),
      platform: { acceleration: 'tcg', board: 'q35' },
      processes: linuxProcessTable(),
      clock,
    });
    for (const left of await driver.find()) await driver.stop(left);
    await rm(folder, { recursive: true, force: true });
  });

  it('boots it, and hears its guest', async () => {
    desire([wanted()]);
    await until('guest-up');
    const boot = events.find(({ event }) => event.kind === 'phase' && event.phase === 'boot');
    expect(boot).toBeDefined();
  });

  it('stops, and the next agent takes the VM up and hands the runner its configuration', async () => {
    await stopAgent();
    await clock.sleep(seconds(1));
    await startAgent();
    const sealedJit = await new PlainSealer().seal(new Secret(secret), { sim: 'host-1' });
    desire([{ ...wanted(), sealedJit }]);
    await until('runner-exited');
    expect(logged.some((line) => line.startsWith('VM adopted'))).toBe(true);
    expect(events.filter(({ event }) => event.kind === 'process-up')).toHaveLength(1);
    // The runner refuses what is no configuration.
    expect(events.find(({ event }) => event.kind === 'runner-exited')?.event).toMatchObject({
      code: 1,
      ranJob: false,
    });
  });

  it('hears every phase of the boot', async () => {
    const phases = () => events.flatMap(({ event }) => (event.kind === 'phase' ? [event.phase] : []));
    for (const end = clock.now() + minutes(2); !phases().includes('docker') && clock.now() < end; )
      await clock.sleep(100);
    expect(phases()).toEqual(expect.arrayContaining(['kernel', 'init', 'network', 'agent', 'docker']));
  });

  it('removes it, and nothing is left', async () => {
    desire([], [{ vm, rule: 'runner-ended', reason: 'the test is over' }]);
    await until('gone');
    const table = await linuxProcessTable().marked('BELLOWS_VM');
    expect(table.filter(({ value }) => value.includes(vm))).toEqual([]);
    const files = (await readdir(folder, { recursive: true })).filter((path) => path.includes(vm));
    expect(files).toEqual([]);
    expect(await readFile(join(folder, 'journal.jsonl'), 'utf8')).not.toContain(secret);
  });
});
