// Everything that a seed may break, with the range of its rate. A rate is a chance for each occasion, or, where `per` says
// so, a number of times in the storm. A kind that was never injected over the fixed seeds is a test that tests nothing.

export interface FaultKind {
  /** The lowest and the highest rate when the kind is on. */
  rate: readonly [number, number];
  per: 'occasion' | 'storm';
  /** How many of a hundred seeds have it. */
  share: number;
  /** By dice of its own, and beside the most that a seed has of the others. */
  drawnAlone?: true;
}

const occasion = (low: number, high: number, share = 30): FaultKind => ({
  rate: [low, high],
  per: 'occasion',
  share,
});
const storm = (low: number, high: number, share = 25): FaultKind => ({
  rate: [low, high],
  per: 'storm',
  share,
});

export const faultKinds = {
  // What becomes of a delivery.
  'delivery-lost': occasion(0.02, 0.4),
  'delivery-lost-unseen': occasion(0.02, 0.3),
  'delivery-never-sent': occasion(0.02, 0.3),
  'delivery-doubled': occasion(0.05, 0.5),
  'delivery-late': occasion(0.05, 0.4),
  'deliveries-reversed': occasion(0.05, 0.5),
  'queued-never-sent': occasion(0.1, 1),
  'in-progress-never-sent': occasion(0.1, 1),
  'webhook-request-lost': occasion(0.02, 0.2),
  'webhook-answer-lost': occasion(0.02, 0.2),
  // GitHub by itself.
  'late-assignment': occasion(0.05, 0.6),
  'busy-shown-idle': occasion(0.1, 1),
  'deletion-refused': occasion(0.1, 0.8),
  'call-failed': occasion(0.01, 0.25),
  'call-lost-answer': occasion(0.01, 0.2),
  'call-timeout': occasion(0.01, 0.15),
  'call-limited': occasion(0.005, 0.05),
  'token-refused': occasion(0.01, 0.15),
  'name-taken': occasion(0.02, 0.2),
  'replica-lag': occasion(0.05, 0.5),
  'list-misses': occasion(0.02, 0.2),
  'webhook-outage': storm(1, 2),
  'api-outage': storm(1, 2),
  'assignment-outage': storm(1, 2),
  'idle-eviction': occasion(0.02, 0.3, 20),
  'redelivery-refused': occasion(0.1, 0.8, 15),
  // What users do.
  'job-cancelled': occasion(0.1, 0.6, 40),
  'run-rerun': occasion(0.1, 0.6),
  'max-parallel': occasion(0.2, 1),
  approval: occasion(0.2, 1),
  'foreign-jobs': occasion(0.1, 0.5),
  'impossible-label': occasion(0.05, 0.3, 20),
  'excluded-by-group': occasion(0.2, 0.6, 20),
  // Costs as much time as fifty other seeds.
  burst: storm(1, 1, 1),
  // What runs in a VM.
  'runner-never-acquires': occasion(0.05, 0.3, 20),
  'runner-never-works': occasion(0.05, 0.3, 20),
  'runner-falls-silent': occasion(0.05, 0.3, 20),
  'runner-lingers': occasion(0.05, 0.5, 20),
  'vm-never-boots': occasion(0.05, 0.4),
  'vm-panics': occasion(0.05, 0.4),
  'guest-hangs': occasion(0.02, 0.2),
  'vm-killed': storm(1, 4),
  // Hosts.
  'slow-host': occasion(0.2, 1, 20),
  'host-reboot': storm(1, 3),
  'host-lost': storm(1, 1, 15),
  'disk-full': storm(1, 3),
  'agent-crash': occasion(0.0005, 0.02),
  'agent-call-fails': occasion(0.001, 0.02),
  // Control planes, database, network, clocks.
  'server-crash': occasion(0.0001, 0.004, 40),
  'server-killed': storm(1, 4),
  'all-servers-down': storm(1, 2, 15),
  'database-away': storm(1, 3),
  'database-restored': storm(1, 1, 15),
  partition: storm(1, 4),
  'slow-link': occasion(0.1, 0.5),
  'clock-jump': storm(1, 4),
  // What an operator does.
  'host-drained': storm(1, 3),
  'host-forced': storm(1, 2, 15),
  // What came later is drawn by dice of its own, so that the seeds of before are what they were.
  'undecided-order': { ...occasion(0.3, 1, 8), drawnAlone: true },
  'late-acquire': { ...occasion(0.2, 1, 12), drawnAlone: true },
  'commit-answer-lost': { ...occasion(0.001, 0.03, 8), drawnAlone: true },
} as const satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof faultKinds;

export const faultNames = Object.keys(faultKinds) as readonly FaultName[];

/**
 * What nobody need inject, since it comes by itself where people and GitHub are at work; it is counted all the same, for a
 * storm in which it never came did not try it.
 */
export const happeningNames = [
  'cancelled-while-waiting',
  'cancelled-in-queue',
  'cancelled-when-assigned',
  'cancelled-at-work',
  'job-on-another-vm',
] as const;

export type Happening = (typeof happeningNames)[number];

/** Everything that is counted as injected. */
export const countedNames: readonly (FaultName | Happening)[] = [...faultNames, ...happeningNames];
