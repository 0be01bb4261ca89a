// The agent of one host. It holds no state but its journal; killed at any moment, the next one goes on where it was.

import { type HostId, vmId } from '../domain/ids.ts';
import { instantOf } from '../domain/time.ts';
import type { AgentLinkDialer } from '../ports/agent-link.ts';
import type { HostFacts, HostInspector } from '../ports/host-inspector.ts';
import type { Journal } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import type { HostIdentity } from '../ports/sealer.ts';
import type { VmLogs } from '../ports/vm-logs.ts';
import type { JournalEntry } from '../wire/agent-journal.ts';
import {
  type AgentMessage,
  agentLinkPath,
  agentProtocolVersion,
  type ControlPlaneMessage,
} from '../wire/agent-protocol.ts';
import { BootSlots } from './boot-slots.ts';
import { type Capacity, capacityOf, defaultOffer, factsMs, forOthers, type Offer } from './capacity.ts';
import { DesiredSet } from './desired-set.ts';
import { noteOfBoot } from './host-boot.ts';
import { Ledger } from './ledger.ts';
import { type AgentLimits, defaultLimits } from './limits.ts';
import { ControlPlaneLink } from './link.ts';
import { Reconciler } from './reconciler.ts';
import { type UpkeepParts, upkeep } from './upkeep.ts';
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
  journal: Journal;
  inspector: HostInspector;
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
  /** Stops the agent and leaves its VMs running. */
  stop(): Promise<void>;
}

/** Most events in one message; the rest follows when these are acknowledged. */
const eventsAtOnce = 500;
const linesAtOnce = 500;

/** Starts the agent: reads its journal, takes up what runs, and keeps the link to the control plane. */
export async function runAgent(deps: AgentDeps, options: AgentOptions): Promise<RunningAgent> {
  const { clock, log, random, identity } = deps;
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
    after: upkeep({ ledger, desired, logs, images: options.oldImages, clock, log }),
  });

  const observe = async (): Promise<AgentMessage> => ({
    type: 'observed',
    protocol: agentProtocolVersion,
    agentVersion: options.version,
    driver: deps.driver.kind,
    ...desired.version,
    capacity: forOthers(await capacity(), reconciler.strangers()),
    // Together, so that a VM is never missing while its end is not told yet.
    vms: reconciler.observed(),
    events: ledger.state.events.slice(0, eventsAtOnce),
  });

  const link = new ControlPlaneLink({
    dialer: deps.dialer,
    identity,
    clock,
    random,
    log,
    host: options.host,
    url: linkUrl(options.server),
    observeMs: limits.observeMs,
    stopping: stop.signal,
    observe,
    hear: (message, send) => hear({ ledger, desired, reconciler, logs, clock, log }, message, send),
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
    async stop() {
      stop.abort(new Error('the agent is stopping'));
      await running;
      log.info('agent stopped; its VMs go on');
    },
  };
}

interface Hearing extends Pick<WorkerDeps, 'ledger' | 'clock' | 'log'> {
  logs: VmLogBook;
  desired: DesiredSet;
  reconciler: Reconciler;
}

async function hear(
  { ledger, desired, reconciler, logs, clock, log }: Hearing,
  message: ControlPlaneMessage,
  send: (answer: AgentMessage) => void,
): Promise<void> {
  switch (message.type) {
    case 'desired': {
      const odd = [...message.vms, ...message.tombstones].find(({ vm }) => !isVmId(vm));
      if (odd !== undefined)
        throw new Error(`the control plane speaks of a VM with an impossible id: ${odd.vm}`);
      if (!desired.take(message, clock.now())) return;
      const { epoch, generation } = message;
      await ledger.write((state) =>
        state.epoch === epoch && state.generation === generation
          ? []
          : [{ kind: 'taken', epoch, generation }],
      );
      reconciler.wake();
      return;
    }
    case 'acknowledge':
      return ledger.write((state) => acknowledged(message.upTo, state.lastNumber, state.events.length));
    case 'read-log':
      // Not waited for: a slow disk must not keep orders waiting.
      void answerLog(logs, message, send, log);
  }
}

/** Ids become names of folders that are removed with all that is in them, and this may run as root. */
const isVmId = (text: string): boolean => /^vm-[0-9a-z]{1,32}$/.test(text);

const noGuestSettings: GuestSettings = {
  hosts: [],
  environment: {},
  dockerMirrors: [],
  rates: {},
};

/** An acknowledgement of numbers that were never given: this journal is younger than what the control plane has heard. */
function acknowledged(upTo: number, lastNumber: number, waiting: number): JournalEntry[] {
  if (upTo > lastNumber) return [{ kind: 'renumbered', above: upTo }];
  return waiting === 0 ? [] : [{ kind: 'acknowledged', upTo }];
}

async function answerLog(
  logs: VmLogBook,
  { request, vm, lines: count, since }: Extract<ControlPlaneMessage, { type: 'read-log' }>,
  send: (answer: AgentMessage) => void,
  log: Log,
): Promise<void> {
  try {
    const wanted = since === undefined ? { count } : { count, since: instantOf(since) };
    for (const answer of logAnswers(request, await logs.read(vm, wanted))) send(answer);
  } catch (error) {
    // Whoever asked is told after a while that the host did not answer.
    log.error('the log of a VM cannot be read', { vm, error });
  }
}

function logAnswers(request: string, lines: readonly string[]): AgentMessage[] {
  const pieces: AgentMessage[] = [];
  for (let at = 0; at === 0 || at < lines.length; at += linesAtOnce) {
    const last = at + linesAtOnce >= lines.length;
    pieces.push({ type: 'log', request, lines: lines.slice(at, at + linesAtOnce), last });
  }
  return pieces;
}

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
    const [free, images] = await Promise.all([deps.disk.freeBytes(), deps.images.list()]);
    return capacityOf(facts.value, free, images, offer);
  };
}
