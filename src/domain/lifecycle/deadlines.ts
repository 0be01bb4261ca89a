// Every state that waits for somebody has a time, and something that happens when it is over (I7). The times are
// configuration: software emulation boots slowly, and some jobs run for days.

import type { DurationMs } from '../time.ts';
import { days, hours, minutes, seconds } from '../time.ts';
import type { JobState } from './job.ts';
import type { Vm, VmState } from './vm.ts';

export interface Timing {
  /** Without a host. Then: placement is asked again; each further time comes after twice the time. */
  requestedMs: DurationMs;
  requestedLongestMs: DurationMs;
  /** From the wish for a VM to the look for a host when others of its scope and label set wait for one before it. */
  behindMs: DurationMs;
  /** On a host that has not started it. Then: failed; it never moves to another host, since two could start it (I2). */
  placedMs: DurationMs;
  /** From the process to the guest's first word. Then: given back as failed. */
  startingMs: DurationMs;
  /** From the guest's first word to a listening runner. Then: given back as failed. */
  bootedMs: DurationMs;
  /** Listening without a job. Then: given back. */
  idleMs: DurationMs;
  /** After the guest said that a job began, until GitHub says so. Then: the job is read. */
  hintedMs: DurationMs;
  /** For GitHub's or the guest's answer while a VM is given back. Then: asked again, each time a little later. */
  releaseRetryMs: DurationMs;
  releaseLongestMs: DurationMs;
  /** From GitHub's `completed` to the order to destroy, so that the runner may end by itself. */
  completedGraceMs: DurationMs;
  /** From the order to destroy to the proof. Then: sent again. */
  stoppingMs: DurationMs;
  /** Host silent. Then: the job is read, or the idle runner deleted. */
  unknownMs: DurationMs;
  /** The hard deadline: no VM lives longer after its process came up, whatever it does (rule d of docs/architecture.md). */
  lifetimeMs: DurationMs;
  /** How long before the hard deadline the warning is written. */
  lifetimeWarningMs: DurationMs;
  /** Between a host's refusal and the next look for a host. */
  returnedPauseMs: DurationMs;
  /** The first look at a job in this state; each further one comes after twice the time, up to `jobLongestMs`. */
  jobWaitingMs: DurationMs;
  jobQueuedMs: DurationMs;
  jobRunningMs: DurationMs;
  /** The facts do not decide and the read that was asked for has not come. */
  jobUndecidedMs: DurationMs;
  /** Between two reads of which the first was overtaken by a delivery. */
  jobRereadMs: DurationMs;
  jobLongestMs: DurationMs;
  /** After GitHub named a job's runner, until demand and supply are compared: its VM is bound meanwhile, and would seem to be surplus. */
  jobSettleMs: DurationMs;
  /** After the end of a job's VM, until the job is read: GitHub's own word is most likely under way. */
  jobEndReadMs: DurationMs;
}

export const defaultTiming: Timing = {
  requestedMs: minutes(1),
  requestedLongestMs: hours(1),
  behindMs: seconds(1),
  placedMs: minutes(2),
  startingMs: seconds(60),
  bootedMs: minutes(4),
  idleMs: minutes(5),
  hintedMs: minutes(2),
  releaseRetryMs: seconds(30),
  releaseLongestMs: minutes(10),
  completedGraceMs: minutes(1),
  stoppingMs: minutes(5),
  unknownMs: minutes(15),
  lifetimeMs: hours(6.5),
  lifetimeWarningMs: minutes(15),
  returnedPauseMs: seconds(5),
  jobWaitingMs: minutes(15),
  jobQueuedMs: minutes(5),
  jobRunningMs: minutes(30),
  jobUndecidedMs: minutes(1),
  jobRereadMs: seconds(5),
  jobLongestMs: hours(3),
  jobSettleMs: seconds(2),
  jobEndReadMs: seconds(15),
};

/** GitHub ends a self-hosted job after five days; a longer hard deadline would only keep corpses. */
export const longestLifetimeMs: DurationMs = days(5);

/** The time that a VM has in the state that it is about to enter or to stay in; undefined when it waits for nothing. */
export function vmPatience(vm: Vm, timing: Timing): DurationMs | undefined {
  if (vm.release !== undefined && releasable.has(vm.state)) return timing.releaseRetryMs;
  switch (vm.state) {
    case 'requested':
      return timing.requestedMs;
    case 'placed':
      return timing.placedMs;
    case 'starting':
      return timing.startingMs;
    case 'booted':
      return timing.bootedMs;
    case 'idle':
      return vm.jobHint === undefined ? timing.idleMs : timing.hintedMs;
    case 'busy':
      return vm.jobCompletedAt === undefined
        ? timing.lifetimeMs - timing.lifetimeWarningMs
        : timing.completedGraceMs;
    case 'stopping':
    case 'failed':
      return timing.stoppingMs;
    case 'unknown':
      return vm.jobCompletedAt === undefined ? timing.unknownMs : timing.completedGraceMs;
    case 'gone':
      return undefined;
  }
}

const releasable: ReadonlySet<VmState> = new Set(['starting', 'booted', 'idle']);

/** The first patience with a job in this state; undefined when it waits for nothing. */
export function jobPatience(state: JobState, undecided: boolean, timing: Timing): DurationMs | undefined {
  switch (state) {
    case 'waiting':
      return undecided ? timing.jobUndecidedMs : timing.jobWaitingMs;
    case 'queued':
      return timing.jobQueuedMs;
    case 'running':
      return undecided ? timing.jobUndecidedMs : timing.jobRunningMs;
    case 'done':
    case 'foreign':
    case 'lost':
      return undefined;
  }
}
