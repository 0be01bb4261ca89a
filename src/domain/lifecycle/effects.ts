// What a state change asks of the outside world. An effect is a row, written in the transaction of its change, done at
// least once; so each must bear being done twice.

import type { HostId, JobId, LabelKey, RunId, RunnerName, ScopeKey, VmId } from '../ids.ts';
import type { RepairLoopKind } from '../repair/loops.ts';
import type { Scope } from '../scope.ts';
import type { DurationMs, Instant } from '../time.ts';

export type Effect =
  /** Ask GitHub for a JIT configuration, seal it to the host's key and hand it to the host. */
  | { kind: 'register-runner'; vm: VmId }
  /** Delete the registration. The answer comes back as `deletion-answered`. */
  | { kind: 'delete-runner'; vm: VmId }
  /** After the VM is gone: make sure that no registration of it is left. */
  | { kind: 'forget-runner'; vm: VmId; scope: Scope; runnerName: RunnerName }
  /** Ask the guest whether a worker lives. The answer comes back as `worker-answered`. */
  | { kind: 'ask-worker'; vm: VmId }
  /** Read the job from the API. The answer comes back as a fact. */
  | { kind: 'read-job'; job: JobId }
  /** GitHub told of a job of a runner: bind the VM with that name. */
  | { kind: 'bind-job'; job: JobId; scope: Scope; runnerName: RunnerName; completed: boolean }
  /** Compare demand and supply of one scope and label set. */
  | { kind: 'balance'; scope: ScopeKey; labels: LabelKey }
  /** Look for hosts for what is requested. */
  | { kind: 'place' }
  /** Send the host its desired set now. */
  | { kind: 'push-host'; host: HostId }
  /** Look at the end of a failed job's log for why it failed. */
  | { kind: 'read-log'; job: JobId }
  /** Say at GitHub why the jobs of a run with these labels wait for what cannot be, or that they do not any more. */
  | { kind: 'tell-wait'; run: RunId; labels: LabelKey }
  /** Run one round of a repair loop; it comes again by itself. */
  | { kind: 'repair'; loop: RepairLoopKind };

export type EffectKind = Effect['kind'];

export type Deadline = { kind: 'vm-deadline'; vm: VmId } | { kind: 'job-deadline'; job: JobId };

/** An effect or deadline with its time: `delay` counts from the transition's `now`. */
export interface Ask {
  what: Effect | Deadline;
  delay: DurationMs;
}

/** One line of what happened, of which the insights are a fold. `data` is plain JSON without secrets. */
export interface HistoryLine {
  at: Instant;
  subject:
    | { kind: 'job'; id: JobId }
    | { kind: 'vm'; id: VmId }
    | { kind: 'host'; id: HostId }
    | { kind: 'system' };
  event: string;
  data: Readonly<Record<string, unknown>>;
}

/** What a transition gives: the new state, what to do, what to write down. */
export interface Outcome<T> {
  next: T;
  asks: readonly Ask[];
  history: readonly HistoryLine[];
}
