// What can happen to a job and to a VM. The names of the events head the rows of the tables in `docs/lifecycle.md`.

import type { HostId, JobId, RunnerId } from '../ids.ts';
import type { Instant } from '../time.ts';
import type { JobFact } from './job.ts';
import type { DeletionAnswer, VmFailure } from './vm.ts';

export type JobEvent =
  | { kind: 'heard'; fact: JobFact }
  /** A read of which GitHub answered 404. */
  | { kind: 'read-missing'; asOf: Instant }
  /** The state is past its time. `spared`: no call is to be spent on it alone now. */
  | { kind: 'deadline'; spared?: Spared };

/** `listed`: GitHub listed it just now, as we hold it. `no-calls`: what is left of GitHub's limit is for what cannot wait. */
export type Spared = 'listed' | 'no-calls';

export type VmEvent =
  | { kind: 'placed'; host: HostId }
  /** Its host cannot take it after all, before anything was started. */
  | { kind: 'returned'; reason: string }
  /** The driver says that the VMM's process is up. */
  | { kind: 'process-up' }
  | { kind: 'registered'; runnerId: RunnerId }
  /** GitHub would not register the runner, and trying again will not help. */
  | { kind: 'registration-refused'; reason: string }
  | { kind: 'guest-up'; bootId: string }
  | { kind: 'runner-listening' }
  /** The guest's word, a hint: it keeps the VM from being released. */
  | { kind: 'guest-job-started'; jobName: string }
  | { kind: 'runner-ended'; ranJob: boolean; code: number }
  /** GitHub says that this VM's runner has the job. */
  | { kind: 'job-bound'; job: JobId }
  /** GitHub says that the job that this VM's runner had is over. */
  | { kind: 'job-completed'; job: JobId }
  /** There is more supply than demand, or an operator asks politely. */
  | { kind: 'release'; why: string }
  | { kind: 'deletion-answered'; answer: DeletionAnswer }
  /**
   * `asOf`: when the question left us, by our own clock, so that no host's clock decides whether the answer is younger than
   * GitHub's. The agent answers for a guest to which it never handed a JIT configuration: no worker, no runner.
   */
  | { kind: 'worker-answered'; alive: boolean; runnerAlive: boolean; asOf: Instant }
  | { kind: 'deadline' }
  /** The agent could not start it, or its VMM died. */
  | { kind: 'host-failed'; failure: VmFailure }
  /** The driver proved that nothing of it is left on its host. */
  | { kind: 'proved-gone' }
  | { kind: 'host-silent' }
  | { kind: 'host-back' }
  /** Its host is gone for good and was removed. GitHub said before that no job of it is in progress. */
  | { kind: 'host-removed' }
  /**
   * Somebody knows it who cannot: it was placed by a database that was lost, of which ours is an older copy. Nothing is to be
   * started under its name again (I2).
   */
  | { kind: 'disowned'; why: string }
  | { kind: 'force'; operator: string };

export type JobEventKind = JobEvent['kind'];
export type VmEventKind = VmEvent['kind'];
