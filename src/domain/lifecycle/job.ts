// A job is one GitHub `workflow_job`. What we know of it is a set of facts, and its state a function of that set: the
// order in which deliveries came does not count (I1).

import type { JobId, RepositoryId, RunId, RunnerId, RunnerName } from '../ids.ts';
import type { LabelSet } from '../labels/label-set.ts';
import type { VmShape } from '../scheduling/shape.ts';
import type { Scope } from '../scope.ts';
import type { Instant } from '../time.ts';

export const jobStates = ['waiting', 'queued', 'running', 'done', 'foreign', 'lost'] as const;
/**
 * `waiting`: known, but not demand (GitHub says waiting, pending, requested, or a status that we do not know).
 * `queued`: demand. `running`: a runner has it. `done`: absorbing. `foreign`: none of its labels is ours, or policy does
 * not serve it; kept for insights. `lost`: GitHub no longer knows it.
 */
export type JobState = (typeof jobStates)[number];

/** GitHub's words. Unknown ones are carried as they came and count as `waiting`. */
export type JobStatus =
  | 'queued'
  | 'waiting'
  | 'pending'
  | 'requested'
  | 'in_progress'
  | 'completed'
  | 'unknown';

export type Conclusion =
  | 'success'
  | 'failure'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'
  | 'neutral'
  | 'unknown';

/** What does not change in the life of a job. */
export interface JobIdentity {
  id: JobId;
  runId: RunId;
  runAttempt: number;
  name: string;
  workflowName: string;
  headBranch: string;
  headSha: string;
  url: string;
  scope: Scope;
  repository: { id: RepositoryId; fullName: string; private: boolean; fork: boolean };
  labels: LabelSet;
}

/** One thing that somebody told us about a job. */
export interface JobFact {
  source: 'delivery' | 'read';
  status: JobStatus;
  /**
   * When it was true. For a delivery GitHub's own time stamp of the status (`created_at`, `started_at` or `completed_at`:
   * whole seconds, so several may be equal); for a read the moment at which our request began.
   */
  asOf: Instant;
  /** When it reached us: for a delivery its arrival, for a read the same as `asOf`. */
  heardAt: Instant;
  conclusion?: Conclusion;
  /** The runner that GitHub names; absent while queued. */
  runner?: { id: RunnerId; name: RunnerName };
  startedAt?: Instant;
  completedAt?: Instant;
  /** The login by whose doing GitHub sent the delivery. */
  actor?: string;
}

/**
 * Everything heard about one job, joined. Joining is commutative, associative and idempotent, which is what makes I1
 * true; `learn` in `knowledge.ts` is the only function that adds to it.
 */
export interface JobKnowledge {
  completed?: { conclusion: Conclusion; at: Instant };
  started?: { at: Instant };
  /** The runner by GitHub's word. */
  runner?: { id: RunnerId; name: RunnerName };
  /** Deliveries that carry a status before the start, with the latest of their own times and their latest arrival. */
  before: Partial<Record<'queued' | 'waiting', { asOf: Instant; heardAt: Instant }>>;
  /** Who set it off: the actor of the earliest delivery; a later one's may be whoever cancelled it. */
  actor?: { login: string; asOf: Instant };
  /** The newest read. `missing`: GitHub answered 404. */
  read?: { status: JobStatus | 'missing'; asOf: Instant };
}

/** Whether we give the job a VM, decided once from labels and policy. */
export type Service =
  | { kind: 'ours'; shape: VmShape }
  /** None of its labels is ours. */
  | { kind: 'foreign' }
  /** Ours by its labels, but not to be served: a bad size, a public repository, a fork. The user is told. */
  | { kind: 'refused'; reason: string };

export interface Job extends JobIdentity {
  service: Service;
  knowledge: JobKnowledge;
  state: JobState;
  /** The facts do not decide between `queued` and `waiting`: the job must be read from the API. */
  undecided: boolean;
  /** Why it has no VM now, in words for the user; empty when it has one or needs none. */
  waitingFor: string;
  firstSeenAt: Instant;
  since: Instant;
  /** When the present state is past its time (I7); undefined for `done`, `foreign` and `lost`, which wait for nothing. */
  deadline?: Instant;
  /** Raised by each write; a write against an older version is refused. */
  version: number;
}
