// Composes the agent of one host.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocketDialer } from '../adapters/agent-link-ws/dialer.ts';
import { JournalFile } from '../adapters/journal-file/journal-file.ts';
import { linuxHostInspector } from '../adapters/linux/host-inspector.ts';
import { linuxHostLoad } from '../adapters/linux/host-load.ts';
import { linuxHostVitals } from '../adapters/linux/host-vitals.ts';
import { holdAlone } from '../adapters/linux/single-instance.ts';
import { countedNetwork } from '../adapters/linux/vm-traffic.ts';
import type { LinuxNetwork } from '../adapters/linux-network/linux-network.ts';
import { listenForScrapes } from '../adapters/metrics-prom/listener.ts';
import { PromPrinter } from '../adapters/metrics-prom/prom-printer.ts';
import { openHostIdentity } from '../adapters/sealer-jose/host-identity.ts';
import { SystemClock } from '../adapters/system/clock.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { FileVmLogs } from '../adapters/vm-logs/file-vm-logs.ts';
import type { ProbedPlatform } from '../adapters/vm-qemu/probe-platform.ts';
import type { Offer } from '../agent/capacity.ts';
import type { AgentLimits } from '../agent/limits.ts';
import { type AgentDeps, type AgentOptions, type RunningAgent, runAgent } from '../agent/run.ts';
import type { WarmSize } from '../agent/warm/warm-pool.ts';
import type { GuestSettings } from '../agent/worker-deps.ts';
import type { HostId } from '../domain/ids.ts';
import { agentFamilies } from '../domain/metrics/agent-families.ts';
import { minutes } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageSource } from '../ports/image-source.ts';
import type { Log } from '../ports/log.ts';
import type { OwnLog } from '../ports/own-log.ts';
import type { Secret } from '../ports/secret.ts';
import type { VmTraffic } from '../ports/vm-traffic.ts';
import { enrolledHost } from './enrolled-host.ts';
import { platformOf, type VmMonitor, type VmNetwork, vmParts } from './vm-parts.ts';

export interface AgentConfig {
  /** Of the control plane: `http:` or `https:`. */
  url: string;
  /** Keys, journal and VMs. Short, since Unix sockets lie in it. */
  folder: string;
  /**
   * Where it is remembered whether KVM works here, which takes ten seconds to find out where it hangs; `folder` when left
   * out.
   */
  platformFolder?: string;
  /** What the host is called when it enrols. */
  name: string;
  /** Asked for when this host is not enrolled yet. */
  enrolToken: () => Promise<Secret>;
  images: ImageSource;
  /** As in the agent's own options. */
  oldImages?: AgentOptions['oldImages'];
  offer?: Partial<Offer>;
  limits?: Partial<AgentLimits>;
  /** VMs to have booted before anybody asks for them. */
  warm?: readonly WarmSize[];
  guest?: Partial<GuestSettings>;
  monitor: VmMonitor;
  network: VmNetwork;
  /** The VMs' control group below the root of control groups; VMs are not held to their share when left out. */
  cgroup?: string | undefined;
  /** Where its metrics are served, on a loopback address; nowhere when left out. */
  metrics?: { host: string; port: number } | undefined;
  log: Log;
  /** What `log` remembers. */
  ownLog?: OwnLog;
  /** As in the agent's own parts. */
  restart?: AgentDeps['restart'];
  version: string;
}

export interface StartedAgent {
  readonly host: HostId;
  /** Stops the agent. Its VMs go on, and the next agent takes them up. */
  stop(): Promise<void>;
}

/** @throws with what to do when another agent works on the folder, or the host cannot be enrolled. */
export async function startAgent(config: AgentConfig): Promise<StartedAgent> {
  const { folder, images, log } = config;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const closers: (() => Promise<void> | void)[] = [await holdAlone(folder)];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const clock = new SystemClock();
    const identity = await openHostIdentity(join(folder, 'keys.json'), clock);
    const host = await enrolledHost(config, identity);
    const journal = await JournalFile.open(join(folder, 'journal.jsonl'));
    closers.push(() => journal.close());
    const inspector = linuxHostInspector();
    const { platform, reason } =
      config.monitor.kind === 'qemu'
        ? await platformOf(images, config.platformFolder ?? folder, log)
        : firecrackerPlatform;
    log.info('how VMs run here', { monitor: config.monitor.kind, ...platform, reason });
    const { release, taps, ...parts } = await vmParts({
      folder,
      monitor: config.monitor,
      network: config.network,
      cgroup: config.cgroup,
      rates: config.guest?.rates ?? {},
      platform,
      clock,
      log,
    });
    closers.push(release);
    if (taps !== undefined) closers.push(await keepRules(taps, clock, log));
    const counted = taps === undefined ? undefined : countedNetwork(taps);
    const { cpus } = await inspector.inspect();
    const agent = await runAgent(
      {
        ...parts,
        ...(counted !== undefined && { network: counted.network }),
        images,
        identity,
        ownLog: config.ownLog,
        restart: config.restart,
        vmLogs: new FileVmLogs({ folder: join(folder, 'logs'), clock, log }),
        clock,
        random: new SystemRandom(),
        log,
        journal,
        inspector,
        vitals: linuxHostVitals(linuxHostLoad(), images, folder),
        dialer: new WebSocketDialer(),
      },
      {
        host,
        server: config.url,
        version: config.version,
        // Boots are processor time; in emulation each takes a whole processor for seconds.
        offer: {
          maxBooting: platform.acceleration === 'kvm' ? cpus : Math.max(1, Math.min(2, cpus)),
          ...config.offer,
        },
        ...(config.limits === undefined ? {} : { limits: config.limits }),
        ...(config.oldImages === undefined ? {} : { oldImages: config.oldImages }),
        ...(config.warm === undefined ? {} : { warm: config.warm }),
        ...(config.guest === undefined ? {} : { guest: config.guest }),
      },
    );
    closers.push(() => agent.stop());
    if (config.metrics !== undefined)
      closers.push(await serveMetrics(config.metrics, config, { agent, traffic: counted }));
    return { host, stop: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function serveMetrics(
  at: { host: string; port: number },
  { folder, version, monitor, log }: AgentConfig,
  { agent, traffic }: { agent: RunningAgent; traffic: VmTraffic | undefined },
): Promise<() => Promise<void>> {
  const load = linuxHostLoad();
  const look = async () =>
    agentFamilies({
      ...(await load.read(folder)),
      ...(traffic !== undefined && { vmTraffic: await traffic.read() }),
      ...{ version, driver: monitor.kind, vms: agent.observed().map(({ state }) => state) },
    });
  const listener = await listenForScrapes(at, look, new PromPrinter(), log);
  log.info('metrics are served', { host: at.host, port: listener.port });
  return () => listener.close();
}

/** It runs under KVM or not at all. */
const firecrackerPlatform: ProbedPlatform = {
  platform: { acceleration: 'kvm', board: 'microvm' },
  reason: 'Firecracker needs KVM',
};

/**
 * Puts the guests' firewall in order, now and every minute: other programs flush rules. Resolves with how to stop it.
 * @throws when it cannot be put in order at the start: no VM may run without it.
 */
async function keepRules(taps: LinuxNetwork, clock: Clock, log: Log): Promise<() => void> {
  await taps.mend();
  const stop = new AbortController();
  const keep = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await clock.sleep(minutes(1), stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      await taps
        .mend()
        .catch((error: unknown) => log.error("the guests' firewall is not in order", { error }));
    }
  };
  void keep();
  return () => stop.abort('the agent is stopping');
}
