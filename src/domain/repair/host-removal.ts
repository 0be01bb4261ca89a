// When a host that is gone may be struck off. Only one that a machine enrolled (it is not coming back, or comes back as a new
// one), only after a while, and never while GitHub still sees life on it: a host can be cut off from us alone (I3).

import type { VmId } from '../ids.ts';
import type { Vm } from '../lifecycle/vm.ts';
import type { Host } from '../scheduling/host.ts';
import type { DurationMs, Instant } from '../time.ts';
import { between, latest } from '../time.ts';

/**
 * What GitHub says of a VM's runner. `busy`: it refused the deletion. `none`: no registration is left, by its answer to the
 * deletion or because it lists none of that name; that it lists a runner as idle is no witness.
 */
export type RunnerSeen = 'online' | 'busy' | 'none';

/** What the look at the hosts remembers. */
export interface HostWatchState {
  /** When GitHub was last asked about each host that is gone, by the host's id. */
  asked: Readonly<Record<string, Instant>>;
  /** The last look. */
  lookedAt?: Instant;
  /** Since when somebody has been there to hear hosts: the first look after we were all down. */
  listeningSince?: Instant;
}

/** A host's silence is noticed within a quarter of it. */
export const lookEveryMs = (silenceMs: DurationMs): DurationMs => silenceMs / 4;

/** What is remembered of a look at `now`. After a pause of `silenceMs` without a look nobody was listening. */
export function lookAt(
  before: HostWatchState | undefined,
  now: Instant,
  silenceMs: DurationMs,
): HostWatchState {
  const { lookedAt, listeningSince } = before ?? {};
  const pauseMs = lookedAt === undefined ? Number.POSITIVE_INFINITY : between(lookedAt, now);
  const listening = pauseMs >= silenceMs ? now : listeningSince;
  return {
    asked: before?.asked ?? {},
    lookedAt: now,
    ...(listening !== undefined && { listeningSince: listening }),
  };
}

/** Whether two looks in a row were missed: meanwhile the database may have been replaced by an older copy. */
export const missedLooks = (
  before: HostWatchState | undefined,
  now: Instant,
  silenceMs: DurationMs,
): boolean => before?.lookedAt !== undefined && between(before.lookedAt, now) >= 2 * lookEveryMs(silenceMs);

/** For how long a host has said nothing to somebody who listened: our own downtime is not its silence. */
export function silenceOf(host: Host, state: HostWatchState | undefined, now: Instant): DurationMs {
  const heard = host.lastHeardAt ?? host.enrolledAt;
  return between(latest(heard, state?.listeningSince) ?? heard, now);
}

/**
 * Whether the host may have news that nobody was there to hear: since we are back from a downtime it has not spoken, and not
 * been given the time to.
 */
export function mayHaveNews(
  host: Host,
  state: HostWatchState | undefined,
  now: Instant,
  silenceMs: DurationMs,
): boolean {
  const { listeningSince } = lookAt(state, now, silenceMs);
  if (listeningSince === undefined || between(listeningSince, now) >= silenceMs) return false;
  return (host.lastHeardAt ?? host.enrolledAt) < listeningSince;
}

/** Whether the host is gone long enough to ask GitHub about it. */
export const isGone = (
  host: Host,
  now: Instant,
  removeAfterMs: DurationMs,
  state?: HostWatchState,
): boolean =>
  host.auto === true &&
  host.state === 'silent' &&
  // It would come back as a new host, and nobody would know that an operator had disabled it.
  host.hold?.kind !== 'disabled' &&
  silenceOf(host, state, now) >= removeAfterMs;

/**
 * Why the host must stay, in words; undefined when it may be removed with all its VMs.
 * @param vms all of the host that are not gone.
 * @param seen what GitHub says of each VM's runner. A VM that is missing here keeps the host.
 */
export function whyHostStays(
  vms: readonly Vm[],
  seen: ReadonlyMap<VmId, RunnerSeen>,
): { vm: VmId; why: string } | undefined {
  for (const vm of vms) {
    const why = whyVmStays(vm, seen.get(vm.id));
    if (why !== undefined) return { vm: vm.id, why };
  }
  return undefined;
}

function whyVmStays(vm: Vm, seen: RunnerSeen | undefined): string | undefined {
  if (hasOpenJob(vm)) return 'GitHub has not said that its job is over';
  if (seen === undefined) return 'GitHub was not asked about its runner yet';
  if (seen === 'online') return 'GitHub shows its runner online';
  return seen === 'busy' ? 'GitHub says that its runner has a job' : undefined;
}

/** A tombstone was written by a rule that allowed for the job; without one, only GitHub's word ends it (I3). */
export const hasOpenJob = (vm: Vm): boolean =>
  vm.job !== undefined && vm.jobCompletedAt === undefined && vm.tombstone === undefined;
