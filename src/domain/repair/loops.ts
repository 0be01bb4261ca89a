// The loops that look for what went wrong. Each is one row among the tasks, so that any number of control planes run it once.

import type { CertificateState } from '../alerts/certificate.ts';
import type { FeedState } from '../github-status/feed-state.ts';
import type { GroupState } from '../waits/shut-out.ts';
import type { HostWatchState } from './host-removal.ts';
import type { PollState, ServedRepositories } from './poll-plan.ts';
import type { RedeliveryState } from './redelivery.ts';
import type { SweepState } from './sweep.ts';

export const repairLoopKinds = [
  'redeliver',
  'poll',
  'sweep-runners',
  'watch-hosts',
  'attribution',
  'github-status',
  'certificate',
  'runner-groups',
] as const;
export type RepairLoopKind = (typeof repairLoopKinds)[number];

/** What a loop remembers from one round to the next, kept in the database as JSON. */
export interface LoopStates {
  redeliver: RedeliveryState;
  poll: PollState;
  /** Written by the poll, and much larger than what it remembers of each. */
  'served-repositories': ServedRepositories;
  'sweep-runners': SweepState;
  'watch-hosts': HostWatchState;
  'github-status': FeedState;
  certificate: CertificateState;
  'runner-groups': GroupState;
}
