// The agent of one host. It holds no state but its journal; killed at any moment, the next one goes on where it was.

import { type HostId, vmId } from '../domain/ids.ts';
import type { DurationMs } from '../domain/time.ts';
import type { AgentLinkDialer } from '../ports/agent-link.ts';
import type { HostFacts, HostInspector } from '../ports/host-inspector.ts';
import type { HostVitalsReader } from '../ports/host-vitals.ts';
import type { Journal } from '../ports/journal.ts';
import type { OwnLog } from '../ports/own-log.ts';
import type { HostIdentity } from '../ports/sealer.ts';
import type { VmLogs } from '../ports/vm-logs.ts';
import { type AgentMessage, agentLinkPath, agentProtocolVersion } from '../wire/agent-protocol.ts';
import { BootSlots } from './boot-slots.ts';
import { type Capacity, capacityOf, defaultOffer, factsMs, type Offer, withStrangers } from './capacity.ts';
import { DesiredSet } from './desired-set.ts';
import { type Hearing, hear, type Restart } from './hear.ts';
import { noteOfBoot } from './host-boot.ts';
import { Ledger } from './ledger.ts';
import { type AgentLimits, defaultLimits } from './limits.ts';
import { ControlPlaneLink } from './link.ts';
import { Reconciler } from './reconciler.ts';
import { type UpkeepParts, upkeep } from './upkeep.ts';
import { vitalsLook } from './vitals.ts';
import { VmLogBook } from './vm-log-book.ts';
import { byOrder } from './warm/aliases.ts';
import { WarmPool, type WarmSize } from './warm/warm-pool.ts';
import type { GuestSettings, WorkerDeps } from './worker-deps.ts';

export interface AgentDeps
  extends Pick<
    WorkerDeps,
    'driver' | 'disk' | 'folder' | 'network' | 'cage' | 'images' | 'guestLink' | 'clock' | 'random' | 'log'
  > {
  identity: HostIdentity;
  vmLogs: VmLogs;
  /** What the agent itself has logged, for who asks from afar. */
  ownLog?: OwnLog | undefined;
  /** Ends this agent so that it is started again; left out where nothing would. It must not wait for the agent's end. */
  restart?: Restart | undefined;
  journal: Journal;
  inspector: HostInspector;
  /** How the host does, for who looks from afar; not told when left out. */
  vitals?: HostVitalsReader | undefined;
  dialer: AgentLinkDialer;
}

export interface AgentOptions {
  host: HostId;
  /** The control plane's address: `http:` or `https:`. */
  server: string;
  version: string;
  offer?: Partial<Offer>;
  limits?: Partial<AgentLimits>;
  guest?: Partial<GuestSettings>;
  /** Where images that are no longer wanted are removed; they are left alone when left out. */
  oldImages?: UpkeepParts['images'];
  /** VMs to have booted before anybody asks for them; none when left out. */
  warm?: readonly WarmSize[];
}

export interface RunningAgent {
  /** The VMs that are here, for metrics. */
  observed(): readonly { vm: string; state: string }[];
  /** Stops the agent and leaves its VMs running. */
  stop(): Promise<void>;
}

/** Most events in one message; the rest follows when these are acknowledged. */
const eventsAtOnce = 500;

/** Starts the agent: reads its journal, takes up what runs, and keeps the link to the control plane. */
export async function runAgent(deps: AgentDeps, options: AgentOptions): Promise<RunningAgent> {
  const { clock, log, random } = deps;
  const stop = new AbortController();
  const limits = { ...defaultLimits, ...options.limits };
  const offer = { ...defaultOffer, ...options.offer };
  const ledger = await Ledger.open(deps.journal, clock, log);
  const desired = new DesiredSet(ledger.state);
  const logs = new VmLogBook(deps.vmLogs, clock);
  const capacity = capacityLook(deps, offer);
  const guest = { ...noGuestSettings, ...options.guest };
  const warm = new WarmPool({
    host: deps,
    clock,
    random,
    log,
    ledger,
    limits,
    guest,
    stopping: stop.signal,
    capacity,
    sizes: options.warm ?? [],
    desired,
  });
  const workerDeps: WorkerDeps = {
    ...deps,
    ...byOrder(deps, () => ledger.state),
    warm,
    ledger,
    logs,
    limits,
    slots: new BootSlots(offer.maxBooting),
    guest,
    wanted: (vm) => desired.vm(vm),
    stopping: stop.signal,
  };
  const reconciler = new Reconciler(workerDeps, desired, capacity, {
    before: noteOfBoot(ledger, deps.inspector, log),
    after: upkeep({ ledger, desired, disk: deps.disk, logs, images: options.oldImages, clock, log }),
  });

  const link = linkFor(deps, options, {
    ...{ ledger, desired, reconciler, logs, clock, log, capacity },
    ownLog: deps.ownLog,
    restart: deps.restart,
    observeMs: limits.observeMs,
    stopping: stop.signal,
  });
  ledger.onChange(() => {
    link.wake();
    warm.wake();
  });
  log.info('agent started', {
    host: options.host,
    driver: deps.driver.kind,
    vms: ledger.state.vms.map(({ vm }) => vmId(vm)),
  });
  const running = Promise.all([reconciler.run(), link.run(), warm.run()]);
  return {
    observed: () => reconciler.observed(),
    async stop() {
      stop.abort(new Error('the agent is stopping'));
      await running;
      log.info('agent stopped; its VMs go on');
    },
  };
}

interface LinkParts extends Hearing {
  capacity: () => Promise<Capacity>;
  observeMs: DurationMs;
  stopping: AbortSignal;
}

function linkFor(deps: AgentDeps, options: AgentOptions, parts: LinkParts): ControlPlaneLink {
  const { ledger, desired, reconciler, capacity, observeMs, stopping } = parts;
  const { dialer, identity, clock, random, log, driver } = deps;
  const vitals = vitalsLook(deps);
  const observe = async (): Promise<AgentMessage> => ({
    type: 'observed',
    protocol: agentProtocolVersion,
    agentVersion: options.version,
    driver: driver.kind,
    ...desired.version,
    ...(desired.remembers === undefined ? {} : { remembers: desired.remembers }),
    capacity: withStrangers(await capacity(), reconciler.strangers()),
    ...(await vitals()),
    // Together, so that a VM is never missing while its end is not told yet.
    vms: reconciler.observed(),
    events: ledger.state.events.slice(0, eventsAtOnce),
  });
  return new ControlPlaneLink({
    ...{ dialer, identity, clock, random, log, observeMs, stopping, observe },
    host: options.host,
    url: linkUrl(options.server),
    hear: (message, send) => hear(parts, message, send),
  });
}

const noGuestSettings: GuestSettings = {
  hosts: [],
  environment: {},
  dockerMirrors: [],
  rates: {},
};

export function linkUrl(server: string): string {
  const url = new URL(agentLinkPath, server);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  return url.href;
}

/** The capacity now. Facts about the host change rarely and are looked up once a minute. */
function capacityLook(deps: AgentDeps, offer: Offer): () => Promise<Capacity> {
  let facts: { at: number; value: HostFacts } | undefined;
  return async () => {
    const now = deps.clock.now();
    if (facts === undefined || now - facts.at >= factsMs)
      facts = { at: now, value: await deps.inspector.inspect() };
    const { disk } = deps;
    // Without what VMs hold, each byte that they write would count twice: their whole disks are promised already.
    const [free, held, images] = await Promise.all([disk.freeBytes(), disk.heldBytes(), deps.images.list()]);
    return capacityOf(facts.value, free + held, images, offer);
  };
}
