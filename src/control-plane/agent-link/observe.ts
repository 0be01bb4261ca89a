// An agent tells what it sees. Its events are numbered and come again until they are acknowledged, so one that was taken in
// before is passed over; what it says of VMs that it was never given is hearsay and changes nothing.

import type { HostId, ImageDigest, VmId } from '../../domain/ids.ts';
import { vmId } from '../../domain/ids.ts';
import { boundedMeans, boundedPeaks, boundedTraffic } from '../../domain/insights/measured.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { VmEvent } from '../../domain/lifecycle/events.ts';
import { type Owner, owners, type Vm } from '../../domain/lifecycle/vm.ts';
import type { Host, HostCapacity } from '../../domain/scheduling/host.ts';
import { scopeKey } from '../../domain/scope.ts';
import { between, type Instant, instantOf } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import type { AgentEvent, AgentMessage } from '../../wire/agent-protocol.ts';
import { applyToVm } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { instantOfQuestion } from '../desired.ts';
import { unheardMs } from '../settings.ts';

type Observed = Extract<AgentMessage, { type: 'observed' }>;

/** @returns the number up to which events are taken in, for the acknowledgement; undefined when the host is unknown. */
export async function takeInObserved(
  tx: Transaction,
  deps: Deps,
  { host, epoch }: { host: HostId; epoch: string },
  observed: Observed,
): Promise<number | undefined> {
  const before = await tx.hosts.get(host);
  if (before === undefined) return undefined;
  const fresh = observed.events.filter((event) => event.number > (before.heardUpTo ?? 0));
  if (before.state === 'silent') await markBack(tx, deps, host);
  for (const event of fresh) await takeInEvent(tx, deps, host, event);
  const strangers = await catchUp(tx, deps, host, observed);
  if (observed.generation === before.generation && observed.epoch === epoch)
    await failTheLost(tx, deps, host, observed);
  const says: Says = {
    version: observed.agentVersion,
    capacity: capacityOf(observed),
    ...(strangers.length > 0 && { strangers }),
  };
  // It would pass over every set of orders until our count had caught up with its own.
  const newest = observed.remembers ?? observed;
  const isAhead = newest.epoch === epoch && newest.generation > before.generation;
  if (fresh.length === 0 && !isAhead && isStillSo(before, says, deps)) return before.heardUpTo ?? 0;

  const locked = await tx.hosts.lockRow(host);
  if (locked === undefined) return undefined;
  const { strangers: _, ...row } = locked;
  const heardUpTo = Math.max(row.heardUpTo ?? 0, ...fresh.map((event) => event.number));
  if (isAhead)
    deps.log.warn(
      'a host has newer orders than the database, which was restored or has enrolled it anew: they are given anew',
      { host },
    );
  const now = deps.clock.now();
  const wasFull = row.capacity === undefined || row.state === 'silent' || wasUnheard(row, now, deps);
  await tx.hosts.update({
    ...row,
    state: row.state === 'silent' ? 'online' : row.state,
    ...says,
    ...(isAhead ? { generation: Math.max(row.generation, newest.generation) + 1 } : {}),
    lastHeardAt: now,
    heardUpTo,
  });
  if (wasFull || !isSame(row.capacity, says.capacity) || fresh.some(({ event }) => event.kind === 'gone')) {
    await tx.tasks.enqueue({ kind: 'place' }, now);
    tx.wake('tasks');
  }
  return heardUpTo;
}

const capacityOf = ({ capacity: { strangers, images, ...offered } }: Observed): HostCapacity => ({
  ...offered,
  images: images as ImageDigest[],
  ...(strangers !== undefined && { strangers }),
});

/** What of it is kept in the host's row. */
type Says = Pick<Host, 'version' | 'strangers'> & { capacity: HostCapacity };

/** Nothing to write: the host was heard a moment ago, and says what it said then. */
function isStillSo(
  { state, version, capacity, strangers, lastHeardAt }: Host,
  says: Says,
  { clock, settings }: Deps,
): boolean {
  const agoMs = lastHeardAt === undefined ? Number.POSITIVE_INFINITY : between(lastHeardAt, clock.now());
  const isRecent = agoMs >= 0 && agoMs < settings.hostSilenceMs / 9;
  const isSaidAgain = isSame([version, capacity, strangers], [says.version, says.capacity, says.strangers]);
  return isRecent && state !== 'silent' && isSaidAgain;
}

/** Placement passed it over meanwhile. */
const wasUnheard = ({ lastHeardAt }: Host, now: Instant, { settings }: Deps): boolean =>
  lastHeardAt !== undefined && between(lastHeardAt, now) >= unheardMs(settings);

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

async function markBack(tx: Transaction, deps: Deps, host: HostId): Promise<void> {
  for (const vm of await tx.vms.onHost(host)) await applyToVm(tx, deps, vm.id, { kind: 'host-back' });
}

async function takeInEvent(tx: Transaction, deps: Deps, host: HostId, event: AgentEvent): Promise<void> {
  const id = vmId(event.vm);
  const vm = await tx.vms.get(id);
  if (vm?.state === 'requested') await disown(tx, deps, vm);
  if (vm === undefined || vm.host !== host) {
    deps.log.warn('a host speaks of a VM that is not its own', { host, vm: id, event: event.event.kind });
    return;
  }
  deps.log.debug('heard of a VM', { host, vm: id, job: vm.job, event: event.event.kind });
  const line = historyOf(vm, event);
  if (line !== undefined) await tx.history.append([line]);
  if (event.event.kind === 'usage') await measure(tx, vm, event.event);
  const change = vmEventOf(event.event);
  if (change !== undefined) await applyToVm(tx, deps, id, change);
  if (event.event.kind === 'handed' || event.event.kind === 'gone') await tx.sealed.erase(id);
}

async function measure(
  tx: Transaction,
  { scope, runnerName, shape }: Vm,
  told: Extract<AgentEvent['event'], { kind: 'usage' }>,
): Promise<void> {
  const { cpuPercentPeak: cpuPercent, memoryMibPeak: memoryMib, diskMibPeak: diskMib } = told;
  const { milliCpus, diskGib } = shape;
  const peaks = boundedPeaks({ cpuPercent, memoryMib, diskMib }, shape);
  const { cpuPercentMean, memoryMibMean, receivedBytes, sentBytes } = told;
  await tx.insights.measure(scopeKey(scope), runnerName, {
    peaks,
    ...(cpuPercentMean !== undefined &&
      memoryMibMean !== undefined && {
        means: boundedMeans({ cpuPercent: cpuPercentMean, memoryMib: memoryMibMean }, peaks),
      }),
    ...(receivedBytes !== undefined &&
      sentBytes !== undefined && { traffic: boundedTraffic({ receivedBytes, sentBytes }) }),
    had: { milliCpus, memoryMib: shape.memoryMib, diskGib },
  });
}

/** The event as the state machine knows it; undefined for what is history only. */
function vmEventOf(event: AgentEvent['event']): VmEvent | undefined {
  switch (event.kind) {
    case 'process-up':
      return { kind: 'process-up' };
    case 'guest-up':
      return { kind: 'guest-up', bootId: event.bootId };
    case 'runner-listening':
      return { kind: 'runner-listening' };
    case 'job-started':
      return { kind: 'guest-job-started', jobName: event.jobName };
    case 'runner-exited':
      return { kind: 'runner-ended', ranJob: event.ranJob, code: event.code };
    case 'worker': {
      const asOf = instantOfQuestion(event.question);
      return asOf === undefined
        ? undefined
        : { kind: 'worker-answered', alive: event.alive, runnerAlive: event.runnerAlive, asOf };
    }
    case 'failed':
      return { kind: 'host-failed', failure: { reason: event.reason, owner: ownerOf(event.owner) } };
    case 'gone':
      return { kind: 'proved-gone' };
    case 'handed':
    case 'job-ended':
    case 'phase':
    case 'usage':
    case 'watchdog':
    case 'strange':
      return undefined;
  }
}

const ownerOf = (word: string): Owner => owners.find((owner) => owner === word) ?? 'host';

/** What only the agent knows is written down with the agent's own time. */
function historyOf(vm: Vm, { at, event }: AgentEvent): HistoryLine | undefined {
  const { kind, ...data } = event;
  if (kind === 'worker') return undefined;
  return { at: instantOf(at), subject: { kind: 'vm', id: vm.id }, event: `agent-${kind}`, data };
}

/**
 * The host is further with a VM than our row, though all its events are taken in: it told them to a database that was
 * replaced by an older copy. Without this the row would be given up as never started, and its VM may have a job (I3).
 * @returns the VMs that our books do not know, or hold for gone.
 */
async function catchUp(
  tx: Transaction,
  deps: Deps,
  host: HostId,
  observed: Observed,
): Promise<readonly VmId[]> {
  const strangers: VmId[] = [];
  for (const { vm: name, state } of observed.vms) {
    const vm = await tx.vms.get(vmId(name));
    if (vm === undefined || vm.state === 'gone') strangers.push(vmId(name));
    // A state that only a newer agent knows may be that of a VM with a job.
    const isUp = state === 'starting' || state === 'booted' || state === 'running' || state === 'strange';
    if (vm?.state === 'requested') await disown(tx, deps, vm);
    else if (isUp && vm?.host === host && vm.state === 'placed')
      await applyToVm(tx, deps, vm.id, { kind: 'process-up' });
  }
  return strangers;
}

/** A host has, or had, what our books have placed nowhere yet: a database that was lost gave it to that host. */
async function disown(tx: Transaction, deps: Deps, { id }: Vm): Promise<void> {
  await applyToVm(tx, deps, id, { kind: 'disowned', why: 'a host knows it' });
}

/**
 * A VM that is past `placed` and that the agent, up to date with its desired set, does not list is lost: its disk was
 * wiped, or the host was set up anew. Its own `gone` would have come as an event before.
 */
async function failTheLost(tx: Transaction, deps: Deps, host: HostId, observed: Observed): Promise<void> {
  const listed = new Set(observed.vms.map(({ vm }) => vm));
  for (const vm of await tx.vms.onHost(host)) {
    if (listed.has(vm.id) || vm.state === 'placed') continue;
    await applyToVm(tx, deps, vm.id, {
      kind: 'host-failed',
      failure: { reason: 'the host no longer knows this VM', owner: 'host' },
    });
    await applyToVm(tx, deps, vm.id, { kind: 'proved-gone' });
  }
}
