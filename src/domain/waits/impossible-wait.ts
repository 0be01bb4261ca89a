// Jobs that wait for what cannot be: a label that no host has, a size that none is large enough for, a repository that is not
// served, or that the runner group is not for. Their author looks at GitHub and not at us, so it is said there, by a check run
// on the job's commit.

import type { Job } from '../lifecycle/job.ts';
import type { CapacityPolicy } from '../scheduling/capacity.ts';
import { queuedSince } from '../scheduling/demand.ts';
import { neverFitsAny } from '../scheduling/fit.ts';
import type { Host } from '../scheduling/host.ts';
import { type Instant, instantOf } from '../time.ts';
import { type GroupState, shutOut } from './shut-out.ts';

export interface ImpossibleWait {
  /** In words for the author; names no host (I9). */
  reason: string;
  /** What can be done about it. */
  advice: string;
  /** Since when the oldest of them waits. */
  since: Instant;
  jobs: readonly Job[];
}

/**
 * @param jobs of one run, with the same labels: they wait for the same reason.
 * @returns undefined when none of them waits, or when what they wait for may come.
 */
export function impossibleWait(
  jobs: readonly Job[],
  hosts: readonly Host[],
  policy: CapacityPolicy,
  groups?: GroupState,
): ImpossibleWait | undefined {
  const waiting = jobs.filter(isWaiting);
  const [first] = waiting;
  if (first === undefined) return undefined;
  const { service } = first;
  if (service.kind === 'foreign') return undefined;
  const why =
    service.kind === 'refused'
      ? { reason: service.reason, advice: refusedAdvice }
      : (lacking(neverFitsAny({ scope: first.scope, shape: service.shape }, hosts, policy)) ??
        shut(shutOut(groups, first)));
  if (why === undefined) return undefined;
  return {
    ...why,
    since: instantOf(Math.min(...waiting.map(waitsSince))),
    jobs: waiting,
  };
}

/** One that is refused is never demand; it waits as long as nobody has told that it runs or is over. */
function isWaiting({ state, service, knowledge }: Job): boolean {
  if (service.kind === 'ours') return state === 'queued';
  const { completed, started, read } = knowledge;
  return (
    state === 'foreign' && completed === undefined && started === undefined && read?.status !== 'missing'
  );
}

const waitsSince = (job: Job): Instant => (job.service.kind === 'ours' ? queuedSince(job) : job.firstSeenAt);

type Why = Pick<ImpossibleWait, 'reason' | 'advice'>;

const lacking = (reason: string | undefined): Why | undefined =>
  reason === undefined ? undefined : { reason, advice: lackingAdvice };

const shut = (reason: string | undefined): Why | undefined =>
  reason === undefined ? undefined : { reason, advice: groupAdvice };

const groupAdvice =
  'An owner of the organisation can let it in: Settings, Actions, Runner groups, the group, Repository access. The job starts by itself some minutes later.';
const refusedAdvice = 'Change `runs-on`, or ask whoever runs Bellows for you.';
const lackingAdvice =
  'Ask for something else in `runs-on`, or have whoever runs Bellows for you add a host that has it. The job starts by itself when there is one.';
