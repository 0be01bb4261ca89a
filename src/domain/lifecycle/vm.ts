// A VM is made on account of a job and runs at most one job, which GitHub picks (I2). It is a state machine of its own:
// the binding to a job comes from GitHub's runner name alone.

import type { HostId, ImageDigest, JobId, RunnerId, RunnerName, VmId } from '../ids.ts';
import type { LabelSet } from '../labels/label-set.ts';
import type { VmShape } from '../scheduling/shape.ts';
import type { Scope } from '../scope.ts';
import type { Instant } from '../time.ts';

export const vmStates = [
  'requested',
  'placed',
  'starting',
  'booted',
  'idle',
  'busy',
  'stopping',
  'failed',
  'unknown',
  'gone',
] as const;
/**
 * `requested`: wanted, no host yet. `placed`: a host is to start it. `starting`: its VMM's process is up. `booted`: its guest
 * answered. `idle`: its runner listens. `busy`: GitHub gave it a job. `stopping`: a tombstone is out. `failed`: it will never
 * run a job, and a tombstone is out. `unknown`: its host is silent. `gone`: the host proved that nothing of it is left; absorbing.
 */
export type VmState = (typeof vmStates)[number];

/** The states in which a VM counts as supply: asked for, booting, or idle. */
export const supplyStates: ReadonlySet<VmState> = new Set([
  'requested',
  'placed',
  'starting',
  'booted',
  'idle',
]);
/** The states in which a VM holds memory of its host. */
export const reservingStates: ReadonlySet<VmState> = new Set([
  'placed',
  'starting',
  'booted',
  'idle',
  'busy',
  'stopping',
  'failed',
  'unknown',
]);

/** The states in which a VM counts among those that its host boots: until its guest has answered. */
export const bootingStates: ReadonlySet<VmState> = new Set(['placed', 'starting']);

/** Who has to act when a VM fails or a job is late. */
export const owners = ['github', 'bellows', 'host', 'network', 'fleet', 'workflow'] as const;
export type Owner = (typeof owners)[number];

export interface VmFailure {
  reason: string;
  owner: Owner;
}

/** The rule (docs/architecture.md) under which a VM is destroyed. */
export type DestroyRule =
  | 'never-registered'
  | 'deletion-consented'
  | 'runner-ended'
  | 'job-completed'
  | 'hard-deadline'
  | 'failed'
  | 'host-removed'
  | 'operator-force';

/**
 * The rules under which a VM with a job may be destroyed (I3). `failed` is the host's word that the VMM died, and the job
 * with it.
 */
export const rulesForBusy: ReadonlySet<DestroyRule> = new Set([
  'runner-ended',
  'job-completed',
  'hard-deadline',
  'failed',
  'operator-force',
]);

export interface Tombstone {
  reason: string;
  rule: DestroyRule;
  at: Instant;
}

/** GitHub's answer to a runner's deletion: 204, 404, 422. They are three different answers. */
export type DeletionAnswer = 'deleted' | 'absent' | 'busy';

/** An attempt to give back a VM without a job, by rule (a). */
export interface Release {
  why: string;
  startedAt: Instant;
  deletion?: { answer: DeletionAnswer; at: Instant };
  /** The guest's word, asked after the deletion's answer. */
  worker?: { alive: boolean; runnerAlive: boolean; at: Instant };
}

export interface Vm {
  id: VmId;
  scope: Scope;
  labels: LabelSet;
  shape: VmShape;
  image: ImageDigest;
  /** The job on whose account it was made; not necessarily the one that it runs. */
  cause: JobId;
  /** How many VMs were made before on account of the same job. */
  attempt: number;
  state: VmState;
  /** The state before `unknown`, to which it returns. */
  before?: VmState;
  host?: HostId;
  runnerName: RunnerName;
  runnerId?: RunnerId;
  /** The job that GitHub gave it. */
  job?: JobId;
  /** When GitHub's word that the job is over reached us; the grace period counts from it. */
  jobCompletedAt?: Instant;
  /** What its guest said: `bootId` is hearsay, as is all that a guest says. */
  bootId?: string;
  /** What the guest calls the job that it runs; a hint, shown as one. */
  jobHint?: string;
  /** The guest said that its runner ended; `ranJob` whether it ran a job before. */
  runnerEnded?: { ranJob: boolean; code: number; at: Instant };
  release?: Release;
  tombstone?: Tombstone;
  failure?: VmFailure;
  requestedAt: Instant;
  since: Instant;
  /** When the present state is past its time (I7); undefined only when `gone`. */
  deadline?: Instant;
  /** No VM lives longer, whatever it does. Counted from the start of its process. */
  hardDeadline?: Instant;
  version: number;
}
