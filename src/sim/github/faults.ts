// Where a test or the swarm puts its hand in. Every fault is a function that is asked at the moment, so that it can count,
// draw from a seed, or be swapped while the simulation runs. What needs no function is a belief (`beliefs.ts`), a habit of
// a runner (`in-process-runner.ts`) or something that a user does (`sim-github.ts`).

import type { Beliefs } from './beliefs.ts';
import type { Conclusion, Job, Runner } from './state.ts';
import type { StatusFeedFault } from './status-page.ts';
import type { Delivery } from './webhook.ts';

/**
 * `lost`: GitHub records a failed attempt. `lost-unseen`: GitHub believes that it arrived. `never-sent`: GitHub has no
 * record of it at all. `reverse`: held until the job's `completed` has been sent, then sent newest first, so that a job
 * whose deliveries are all reversed arrives as `completed, in_progress, queued`; at the latest after `withinMs`.
 */
export type DeliveryFault =
  | { kind: 'deliver' }
  | { kind: 'lost' }
  | { kind: 'lost-unseen' }
  | { kind: 'never-sent' }
  | { kind: 'double'; afterMs: number }
  | { kind: 'delay'; ms: number }
  | { kind: 'reverse'; withinMs: number };

/**
 * `refused`: answered with this status, without effect; with `retryAfterSeconds` it is a secondary rate limit.
 * `lost-answer`: the call has its effect and the caller never hears of it, which it learns after `afterMs` (0 when left out).
 * `timeout`: neither effect nor answer, which the caller learns after `ms`.
 */
export type CallFault =
  | { kind: 'none' }
  | { kind: 'refused'; status: number; retryAfterSeconds?: number }
  | { kind: 'lost-answer'; afterMs?: number }
  | { kind: 'timeout'; ms: number }
  | { kind: 'delay'; ms: number };

/**
 * The webhook service as a whole. `failing`: it makes its attempts and records that they failed. `silent`: it makes none
 * and records none.
 */
export type WebhookService = 'up' | 'failing' | 'silent';

/** A job that runners do which Bellows never sees: GitHub's own. */
export interface HostedWork {
  /** From queued to in progress. */
  startMs: number;
  durationMs: number;
  conclusion: Conclusion;
}

export type List = 'runners' | 'jobs' | 'deliveries';

export interface Faults {
  /** Asked once for each new delivery, whose id and time are not known yet; not for redeliveries that somebody asked for. */
  delivery: (delivery: Delivery) => DeliveryFault;
  /** Asked for each attempt to deliver, also for those that somebody asked for. */
  webhooks: () => WebhookService;
  /** Asked for each REST call; `operation` is method and route template, such as `GET /app`. */
  call: (operation: string) => CallFault;
  /** Whether the runner list shows this busy runner as idle; besides the belief `busyShownIdle`. */
  shownIdle: (runner: Runner) => boolean;
  /** Whether the deletion of this idle runner is answered as if it were busy, with 422. */
  deletionRefused: (runner: Runner) => boolean;
  /** How long a queued job waits from the first runner that could have it; asked once each time that it becomes queued. */
  assignmentDelayMs: (job: Job) => number;
  /** Whether GitHub gives no job to any runner. It is asked again every few seconds as long as a runner waits. */
  assignmentDown: () => boolean;
  /** Whether GitHub's own runners take this job; asked when it becomes queued. */
  hosted: (job: Job) => HostedWork | undefined;
  /** How a job that wants an approval is announced, where it is not as the belief `protectedJob` has it. */
  protectedJob: (job: Job) => Beliefs['protectedJob'] | undefined;
  /** How old the state of this job is that REST shows, in ms; a job is never shown as it was before it was made. */
  replicaLagMs: (job: Job) => number;
  /** How GitHub's status page is kept; asked each time that it is read. */
  statusFeed: () => StatusFeedFault;
  /** Whether this answer of a list leaves out the entry with this id. */
  listMisses: (list: List, id: number) => boolean;
}

export const noFaults = (): Faults => ({
  delivery: () => ({ kind: 'deliver' }),
  webhooks: () => 'up',
  call: () => ({ kind: 'none' }),
  shownIdle: () => false,
  deletionRefused: () => false,
  assignmentDelayMs: () => 0,
  assignmentDown: () => false,
  hosted: () => undefined,
  protectedJob: () => undefined,
  replicaLagMs: () => 0,
  statusFeed: () => ({ kind: 'honest' }),
  listMisses: () => false,
});
