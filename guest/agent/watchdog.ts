// What the guest itself finds wrong with its runner. Pure: facts and the time in, findings out, each once. The host decides
// what follows from a finding.

export type Finding = 'idle' | 'no-worker' | 'runner-gone' | 'runner-stays';

/** Times are uptimes in milliseconds; absent means that it has not happened. */
export interface RunnerFacts {
  startedAt?: number;
  listeningAt?: number;
  jobStartedAt?: number;
  jobEndedAt?: number;
  exitedAt?: number;
  /** A worker process was seen at least once since the job began. */
  workerSeen: boolean;
}

export interface WatchdogLimits {
  /** No job after listening for so long. */
  idleMs: number;
  /** A job was taken and no worker process shows. Only for a runner that has worker processes. */
  noWorkerMs: number | undefined;
  /** The job is over and the runner's process is still there. */
  staysMs: number;
}

/** All that is wrong at `nowMs`. */
export function findings(facts: RunnerFacts, limits: WatchdogLimits, nowMs: number): Finding[] {
  const { startedAt, listeningAt, jobStartedAt, jobEndedAt, exitedAt, workerSeen } = facts;
  if (startedAt === undefined) return [];
  const past = (since: number | undefined, limit: number): boolean =>
    since !== undefined && nowMs - since >= limit;
  if (exitedAt !== undefined)
    return jobStartedAt !== undefined && jobEndedAt === undefined ? ['runner-gone'] : [];
  if (jobStartedAt === undefined) return past(listeningAt, limits.idleMs) ? ['idle'] : [];
  if (jobEndedAt !== undefined) return past(jobEndedAt, limits.staysMs) ? ['runner-stays'] : [];
  const missing = limits.noWorkerMs !== undefined && !workerSeen && past(jobStartedAt, limits.noWorkerMs);
  return missing ? ['no-worker'] : [];
}
