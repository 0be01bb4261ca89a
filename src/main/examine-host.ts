// Composes the doctor: this host's facts, its checks, and a canary made of what the agent makes its VMs of.

import { mkdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { linuxHostFacts } from '../adapters/linux/doctor-facts/host-facts.ts';
import { linuxHostInspector } from '../adapters/linux/host-inspector.ts';
import { holdAlone } from '../adapters/linux/single-instance.ts';
import { linuxNetwork } from '../adapters/linux-network/linux-network.ts';
import { SystemClock } from '../adapters/system/clock.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { type ProbedPlatform, probePlatform } from '../adapters/vm-qemu/probe-platform.ts';
import { capacityOf, defaultOffer, type Offer } from '../agent/capacity.ts';
import { bootCanary, type CanaryReport, noCanary } from '../agent/doctor/canary.ts';
import { canaryFindings, githubPlace } from '../agent/doctor/canary-findings.ts';
import type { Finding, FirewallTruth, KvmTruth, Plan } from '../agent/doctor/check.ts';
import { meminfoMib } from '../agent/doctor/proc-text.ts';
import { runChecks } from '../agent/doctor/run-checks.ts';
import { minutes } from '../domain/time.ts';
import type { Fact, FactSource } from '../ports/host-facts.ts';
import { type BootFiles, ImageError, type ImageShelf } from '../ports/image-source.ts';
import type { Log } from '../ports/log.ts';
import type { MachineRates } from '../ports/vm-driver.ts';
import { type VmMonitor, type VmNetwork, vmParts } from './vm-parts.ts';

export interface ExamineConfig {
  url: string;
  /** The agent's. */
  folder: string;
  images: ImageShelf;
  imagesFolder: string;
  offer: Partial<Offer>;
  monitor: VmMonitor;
  network: VmNetwork;
  cgroup: string | undefined;
  rates: MachineRates;
  guestHosts: readonly string[];
  /** Whether a canary is booted. */
  canary: boolean;
  log: Log;
  /** Ends the canary early. */
  signal: AbortSignal;
}

export interface Examination {
  plan: Plan;
  findings: readonly Finding[];
  canary: CanaryReport;
}

/** Looks at this host. What cannot be done is told as a finding; throws only for what is a bug. */
export async function examineHost(config: ExamineConfig): Promise<Examination> {
  const host = linuxHostFacts();
  const place = await makePlace(config.folder);
  try {
    const plan = await planOf(config);
    const image = await newestWhole(config.images);
    const probing = probed(host, image, place, plan);
    const sources = {
      host,
      images: config.images,
      kvm: async () => (await probing).truth,
      firewall: () => firewallTruth(config),
    };
    const findings = await runChecks(sources, plan);
    const canary = await canaryOf(config, { host, image, place, plan, platform: (await probing).platform });
    return { plan, findings: [...findings, ...canaryFindings(canary, plan, findings)], canary };
  } finally {
    await place.remove();
  }
}

/** Where the doctor works: on the agent's file system, and nothing of it is left. */
interface Place {
  folder: string;
  /** Why it could not be made. */
  problem: string | undefined;
  remove(): Promise<void>;
}

async function makePlace(agentFolder: string): Promise<Place> {
  const folder = join(agentFolder, 'doctor');
  const wasThere = await isThere(agentFolder);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const release = await holdAlone(folder);
    const remove = async (): Promise<void> => {
      await rm(folder, { recursive: true, force: true });
      // An agent may have begun to work there meanwhile.
      if (!wasThere) await rmdir(agentFolder).catch(() => undefined);
      release();
    };
    return { folder, problem: undefined, remove };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const problem = words.startsWith('another agent') ? 'another doctor is at work here' : words;
    return { folder, problem, remove: async () => undefined };
  }
}

/** Looks at the rules and changes none. */
async function firewallTruth({ network, log }: ExamineConfig): Promise<Fact<FirewallTruth>> {
  if (network.kind !== 'tap') return { kind: 'absent' };
  const taps = linuxNetwork({ policy: network.policy, clock: new SystemClock(), log });
  try {
    const [problems, others] = await Promise.all([taps.ruleProblems(), taps.foreignFirewalls()]);
    return { kind: 'seen', value: { problems, others } };
  } catch (error) {
    return { kind: 'hidden', why: error instanceof Error ? error.message : String(error) };
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function planOf(config: ExamineConfig): Promise<Plan> {
  const { folder, imagesFolder, url, monitor, network, cgroup } = config;
  const facts = await linuxHostInspector().inspect();
  const disks = join(folder, 'disks');
  const offered = capacityOf(facts, 0, [], { ...defaultOffer, ...config.offer });
  const cpus = offered.milliCpus / 1000;
  // Processors may be promised twice (the default of BELLOWS_CPU_OVERCOMMIT), memory never.
  const vms = Math.max(1, Math.floor(Math.min(offered.memoryMib / 1024, cpus * 2)));
  return {
    driver: monitor.kind,
    network: network.kind,
    arch: facts.arch,
    folder,
    diskFolder: (await isThere(disks)) ? disks : folder,
    imagesFolder,
    url,
    memoryMib: offered.memoryMib,
    cpus,
    vms,
    cgroup,
    users: network.kind === 'tap' ? network.users : undefined,
    programs: {
      qemu: 'qemu-system-x86_64',
      ...(monitor.kind === 'firecracker'
        ? monitor.programs
        : { firecracker: 'firecracker', jailer: 'jailer' }),
    },
  };
}

/** The image that new VMs start from, or else the newest that can be used. */
async function newestWhole(images: ImageShelf): Promise<BootFiles | undefined> {
  const newest = await ifOfUse(images.newest());
  const all = newest === undefined ? [] : [newest, ...((await ifOfUse(images.list())) ?? [])];
  for (const digest of all) {
    const files = await ifOfUse(images.resolve(digest));
    if (files !== undefined) return files;
  }
  return undefined;
}

/** Undefined when images are wrong in some way: the check of the images tells. */
const ifOfUse = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (error instanceof ImageError) return undefined;
    throw error;
  });

const emulation: ProbedPlatform['platform'] = { acceleration: 'tcg', board: 'q35' };

/** Asked anew each time: the agent's own answer is kept until the host boots again. */
async function probed(
  host: FactSource,
  image: BootFiles | undefined,
  place: Place,
  { programs }: Plan,
): Promise<{ truth: KvmTruth; platform: ProbedPlatform['platform'] }> {
  const untried = (reason: string, mend: string) => ({
    truth: { guests: 'untried', reason, mend } as const,
    platform: emulation,
  });
  const device = await host.opens('/dev/kvm');
  if (device.kind === 'hidden')
    return untried(device.why, 'Run the doctor as root, or as the user of the agent, in the group kvm.');
  if (image === undefined) return untried('there is no image to try it with', 'bellows image build');
  if (place.problem !== undefined)
    return untried(place.problem, 'Run the doctor as root: sudo bellows doctor');
  const qemu = await host.run(programs.qemu, ['--version']);
  if (qemu.kind !== 'seen')
    return untried(
      `${programs.qemu} is missing, with which it is tried`,
      'sudo apt-get install qemu-system-x86',
    );
  const { platform, reason } = await probePlatform({ image, folder: place.folder });
  return { truth: { guests: platform.acceleration === 'kvm' ? 'run' : 'fail', reason }, platform };
}

interface CanaryPlan {
  host: FactSource;
  image: BootFiles | undefined;
  place: Place;
  plan: Plan;
  platform: ProbedPlatform['platform'];
}

const canaryMib = 1024;

async function canaryOf(
  { canary, monitor, network, cgroup, rates, guestHosts, images, log, signal }: ExamineConfig,
  { host, image, place, plan, platform }: CanaryPlan,
): Promise<CanaryReport> {
  if (!canary) return noCanary('left out, as asked');
  if (image === undefined) return noCanary('there is no image to boot: build one with `bellows image build`');
  if (place.problem !== undefined) return noCanary(place.problem);
  const meminfo = await host.text('/proc/meminfo');
  const availableMib = meminfo.kind === 'seen' ? meminfoMib(meminfo.value, 'MemAvailable') : undefined;
  if (availableMib !== undefined && availableMib < canaryMib * 1.5)
    return noCanary(`only ${availableMib} MiB of memory are left on this host`);
  const clock = new SystemClock();
  const { release, ...parts } = await vmParts({
    folder: place.folder,
    monitor,
    network,
    cgroup,
    rates,
    platform,
    clock,
    log,
  });
  try {
    return await bootCanary(
      { ...parts, images, clock, random: new SystemRandom(), log },
      {
        image: image.digest,
        vcpus: Math.min(2, Math.max(1, Math.floor(plan.cpus))),
        memoryMib: canaryMib,
        bootTimeoutMs: minutes(platform.acceleration === 'kvm' ? 1 : 4),
        guest: { hosts: guestHosts, environment: {}, dockerMirrors: [], rates },
        places: network.kind === 'restricted' ? [] : [githubPlace],
        signal,
      },
    );
  } finally {
    release();
  }
}
