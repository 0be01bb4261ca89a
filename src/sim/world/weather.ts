// Everything that may go wrong outside GitHub, as functions that are asked at the moment: the swarm draws from its seed, a
// scenario turns one screw, `calm` is the end of all faults. GitHub's own are in `github/faults.ts`.

import type { VmId } from '../../domain/ids.ts';
import type { DurationMs } from '../../domain/time.ts';
import type { Blow } from '../crash-points.ts';
import type { GuestBehaviour } from '../driver/guest-behaviour.ts';
import type { JobWork, RunnerHabit } from '../github/in-process-runner.ts';
import type { Job } from '../github/state.ts';

/** One webhook request on its way: it may be late, not arrive, or arrive without GitHub hearing the answer. */
export interface WebhookWay {
  delayMs: DurationMs;
  lost: 'no' | 'request' | 'answer';
}

export interface Weather {
  /** What happens to a process at a port call. Only `crash` is asked of servers; agents may also see a call fail. */
  blow: (process: string, call: string, when: 'before' | 'after') => Blow;
  /** How long a dead process stays dead. */
  restartMs: (process: string) => DurationMs;
  webhook: () => WebhookWay;
  /** For each message between a host and a server. */
  linkDelayMs: () => DurationMs;
  /** Whether nothing passes between these two. */
  isCut: (host: string, server: string) => boolean;
  /** Whether a server's connection to the database is broken. */
  databaseIsAway: (server: string) => boolean;
  /** Whether a server's connection breaks when the database has committed, before the server hears of it. */
  commitAnswerIsLost: (server: string) => boolean;
  /** How far a machine's clock is off; asked at each look, so that it may jump. */
  clockErrorMs: (machine: string) => DurationMs;
  guest: (host: string, vm: VmId) => Partial<GuestBehaviour>;
  /** From the order to a running VMM. */
  startMs: (host: string) => DurationMs;
  work: (job: Job) => JobWork;
  habit: (job: Job) => RunnerHabit;
  /** How long a runner takes to acquire the job that it is offered. */
  acquireMs: (job: Job) => DurationMs;
}

export const calm = (): Weather => ({
  blow: () => undefined,
  restartMs: () => 2_000,
  webhook: () => ({ delayMs: 20, lost: 'no' }),
  linkDelayMs: () => 5,
  isCut: () => false,
  databaseIsAway: () => false,
  commitAnswerIsLost: () => false,
  clockErrorMs: () => 0,
  guest: () => ({}),
  startMs: () => 40,
  work: () => ({ durationMs: 30_000, conclusion: 'success' }),
  habit: () => 'works',
  acquireMs: () => 0,
});
