import type { Instant } from '../time.ts';
import type { Timing } from './deadlines.ts';
import type { Outcome } from './effects.ts';
import type { Job, JobFact, JobIdentity, Service } from './job.ts';
import { reasonToWait } from './job-handlers.ts';
import { nothingKnown } from './knowledge.ts';
import { transitionJob } from './transition-job.ts';

/**
 * A job of which the first fact came. One that is first seen completed is history only: nobody is asked for anything, but
 * for the VM that may have run it.
 */
export function firstHeard(
  identity: JobIdentity,
  service: Service,
  fact: JobFact,
  now: Instant,
  timing: Timing,
): Outcome<Job> {
  const state = service.kind === 'ours' ? 'waiting' : 'foreign';
  const unheard: Job = {
    ...identity,
    service,
    knowledge: nothingKnown,
    state,
    undecided: false,
    waitingFor: reasonToWait({ state, service }),
    firstSeenAt: now,
    since: now,
    version: 0,
  };
  return transitionJob(unheard, { kind: 'heard', fact }, now, timing);
}
