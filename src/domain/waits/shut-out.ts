// Jobs that have a runner ready and never get it, since their organisation keeps the runner group from their repository. GitHub
// tells nobody: the runner idles, and the job waits. So it is asked, when a job has waited for too long beside an idle VM.

import { labelKey } from '../labels/label-set.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { queuedSince } from '../scheduling/demand.ts';
import { type Scope, scopeKey } from '../scope.ts';
import { after, between, hours, type Instant, minutes } from '../time.ts';

/** What GitHub said of one group and repository. */
export interface GroupLook {
  at: Instant;
  /** Why its jobs get no runners; absent when they may. */
  shut?: string;
}

/** By `groupKey`. */
export interface GroupState {
  looks: Readonly<Record<string, GroupLook>>;
}

export interface GroupQuestion {
  key: string;
  scope: Scope & { kind: 'organization' };
  repository: Job['repository'];
}

/** How long a job waits, and a VM idles, before GitHub is asked. It may take a minute over an assignment. */
export const longWaitMs = minutes(3);
/** What is wrong is looked at again soon, since people mend it and then look; what is right seldom. */
const againMs = { shut: minutes(2), open: minutes(10) } as const;
/** What nobody waits for any more is kept for so long: the next push may meet it. */
const rememberedMs = hours(1);
const mostQuestions = 10;

/** A repository has no groups of its own. */
const groupKey = ({ scope, repository }: Pick<Job, 'scope' | 'repository'>): string =>
  `${scopeKey(scope)} ${repository.fullName.toLowerCase()}`;

/** Why no runner of ours is for this job, as far as GitHub was asked. */
export const shutOut = (state: GroupState | undefined, job: Job): string | undefined =>
  job.scope.kind === 'organization' ? state?.looks[groupKey(job)]?.shut : undefined;

export const notShutOut = (jobs: readonly Job[], state: GroupState | undefined): readonly Job[] =>
  isAnyShut(state) ? jobs.filter((job) => shutOut(state, job) === undefined) : jobs;

export const wordsForShutOut = (
  jobs: readonly Job[],
  state: GroupState | undefined,
): readonly { job: Job; reason: string }[] =>
  isAnyShut(state)
    ? jobs.flatMap((job) => {
        const reason = shutOut(state, job);
        return reason === undefined ? [] : [{ job, reason }];
      })
    : [];

/** Thousands may wait, and seldom is any of them shut out. */
const isAnyShut = (state: GroupState | undefined): boolean =>
  Object.values(state?.looks ?? {}).some(({ shut }) => shut !== undefined);

/** What GitHub is to be asked now, the longest wait first. @param vms those that are not gone. */
export function questionsDue(
  queued: readonly Job[],
  vms: readonly Vm[],
  state: GroupState | undefined,
  now: Instant,
): readonly GroupQuestion[] {
  const idle = new Set(
    vms
      .filter((vm) => vm.state === 'idle' && between(vm.since, now) >= longWaitMs)
      .map(({ scope, labels }) => `${scopeKey(scope)} ${labelKey(labels)}`),
  );
  const asked = new Map<string, GroupQuestion>();
  for (const job of queued.toSorted((a, b) => queuedSince(a) - queuedSince(b) || a.id - b.id)) {
    const { scope, repository, labels } = job;
    if (scope.kind !== 'organization') continue;
    const key = groupKey(job);
    const look = state?.looks[key];
    const isIdle = idle.has(`${scopeKey(scope)} ${labelKey(labels)}`);
    const waitsBesideOne = isIdle && between(queuedSince(job), now) >= longWaitMs;
    if (look?.shut === undefined && !waitsBesideOne) continue;
    const pauseMs = look?.shut === undefined ? againMs.open : againMs.shut;
    if (look !== undefined && after(look.at, pauseMs) > now) continue;
    if (!asked.has(key)) asked.set(key, { key, scope, repository });
  }
  return [...asked.values()].slice(0, mostQuestions);
}

/** With what was heard, and without what is of no use any more. */
export function remembered(
  state: GroupState | undefined,
  heard: Readonly<Record<string, GroupLook>>,
  now: Instant,
): GroupState {
  const looks = Object.entries({ ...state?.looks, ...heard });
  return { looks: Object.fromEntries(looks.filter(([, { at }]) => between(at, now) < rememberedMs)) };
}

interface Group {
  id: number;
  name: string;
  allowsPublicRepositories: boolean;
}

/**
 * @param visible the groups that GitHub lists for the repository.
 * @param all those of the organisation; asked for only when ours is not among them.
 */
export function whyShut(
  { scope, repository }: GroupQuestion,
  visible: readonly Group[],
  all: readonly Group[],
): string | undefined {
  const byId = ({ id }: Group): boolean => id === scope.groupId;
  const group = visible.find(byId);
  if (group === undefined) {
    const name = all.find(byId)?.name;
    return name === undefined
      ? `${scope.login} has no runner group ${scope.groupId}`
      : `the runner group ${name} excludes this repository`;
  }
  return repository.private || group.allowsPublicRepositories
    ? undefined
    : `the runner group ${group.name} takes no jobs of public repositories`;
}
