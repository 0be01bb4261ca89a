// What the events do to a job. All of them add to what is known and let `stateOf` say what follows.

import { labelKey } from '../labels/label-set.ts';
import { scopeKey } from '../scope.ts';
import type { DurationMs } from '../time.ts';
import { after, between } from '../time.ts';
import type { Moment } from './cell.ts';
import { jobPatience } from './deadlines.ts';
import type { Ask, Effect, HistoryLine, Outcome } from './effects.ts';
import type { JobEvent } from './events.ts';
import type { Job, JobKnowledge, JobState } from './job.ts';
import { learn, sameKnowledge, stateOf } from './knowledge.ts';

type Heard = Extract<JobEvent, { kind: 'heard' }>;
type ReadMissing = Extract<JobEvent, { kind: 'read-missing' }>;
type Deadline = Extract<JobEvent, { kind: 'deadline' }>;

/** A fact about a job that is ours, or about one that is over. */
export function learnFact(job: Job, event: Heard, moment: Moment): Outcome<Job> {
  const knowledge = learn(job.knowledge, event.fact);
  const wait = event.fact.source === 'read' ? moment.timing.jobRereadMs : 0;
  return settle(job, knowledge, event, moment, wait);
}

/** A foreign job is watched for the insights, and never read: it may not cost us any of GitHub's budget. */
export function watchForeign(job: Job, event: Heard, moment: Moment): Outcome<Job> {
  const knowledge = learn(job.knowledge, event.fact);
  const state = stateOf(knowledge).state === 'done' ? 'done' : 'foreign';
  return conclude(job, { ...job, knowledge, state }, [], event, moment);
}

export function learnMissing(job: Job, event: ReadMissing, moment: Moment): Outcome<Job> {
  const knowledge = learn(job.knowledge, { source: 'read', status: 'missing', asOf: event.asOf });
  return settle(job, knowledge, event, moment, moment.timing.jobRereadMs);
}

/**
 * The state is past its time: a delivery may be lost, so the job is read, and each time a little later. Thousands that wait in one
 * queue would use up GitHub's limit so, and with it the registrations': one that was listed anyway is spared the call.
 */
export function lookAgain(job: Job, event: Deadline, { now, timing }: Moment): Outcome<Job> {
  const first = jobPatience(job.state, job.undecided, timing) ?? timing.jobLongestMs;
  const patience = Math.min(Math.max(first, between(job.since, now)), timing.jobLongestMs);
  const effects: Effect[] = event.spared !== undefined ? [] : [{ kind: 'read-job', job: job.id }];
  if (job.state === 'queued') effects.push(balanceOf(job));
  return {
    next: { ...job, deadline: after(now, patience) },
    asks: [...effects.map(atOnce), { what: { kind: 'job-deadline', job: job.id }, delay: patience }],
    history: [lineOf(job, job, event, now)],
  };
}

function settle(
  job: Job,
  knowledge: JobKnowledge,
  event: Heard | ReadMissing,
  moment: Moment,
  rereadAfter: DurationMs,
): Outcome<Job> {
  const { state, undecided } = stateOf(knowledge);
  const next: Job = { ...job, knowledge, state, undecided };
  // A read is asked for once; the one under way answers for all deliveries before it, and if it was overtaken it asks again.
  const mustRead = undecided && (!job.undecided || rereadAfter > 0);
  const reads: Ask[] = mustRead ? [{ what: { kind: 'read-job', job: job.id }, delay: rereadAfter }] : [];
  return conclude(job, next, reads, event, moment);
}

/** Gives the new state its deadline, and asks for what its change means to others. */
function conclude(
  before: Job,
  changed: Job,
  reads: readonly Ask[],
  event: Heard | ReadMissing,
  { now, timing }: Moment,
): Outcome<Job> {
  const moved = changed.state !== before.state || changed.undecided !== before.undecided;
  const patience = jobPatience(changed.state, changed.undecided, timing);
  const { deadline: earlier, ...rest } = changed;
  const since = changed.state === before.state ? before.since : now;
  const restart = patience !== undefined && (moved || earlier === undefined);
  const deadline = patience === undefined ? undefined : restart ? after(now, patience) : earlier;
  const next: Job = {
    ...rest,
    since,
    waitingFor: changed.state === before.state ? before.waitingFor : reasonToWait(changed),
    ...(deadline !== undefined && { deadline }),
  };
  const news = !sameKnowledge(next.knowledge, before.knowledge);
  const asks: Ask[] = [
    ...reads,
    ...bindingsOf(before, next).map(atOnce),
    ...((before.state === 'queued') !== (next.state === 'queued') || endsRun(before, next)
      ? [{ what: balanceOf(next), delay: isBeingBound(before, next) ? timing.jobSettleMs : 0 }]
      : []),
    ...(restart ? [{ what: { kind: 'job-deadline', job: next.id }, delay: patience } as const] : []),
  ];
  return { next, asks, history: news || moved ? [lineOf(before, next, event, now)] : [] };
}

/** The end of a running job may let another job of its run start (`max-parallel`). */
const endsRun = (before: Job, next: Job): boolean => before.state === 'running' && next.state === 'done';

/** Its VM is being bound, and seems to be supply until then; also when the first that we hear of the job's start is its end. */
const isBeingBound = ({ knowledge: before }: Job, { state, knowledge: { runner } }: Job): boolean =>
  state === 'running' || (runner !== undefined && runner.name !== before.runner?.name);

/** A runner that GitHub names is ours or not; whoever knows the VMs finds out. Foreign jobs too: GitHub matches by superset. */
function bindingsOf(before: Job, next: Job): readonly Effect[] {
  const { runner, completed } = next.knowledge;
  if (runner === undefined) return [];
  const known = before.knowledge.runner?.name === runner.name;
  if (known && (before.knowledge.completed !== undefined) === (completed !== undefined)) return [];
  return [
    {
      kind: 'bind-job',
      job: next.id,
      scope: next.scope,
      runnerName: runner.name,
      completed: completed !== undefined,
    },
  ];
}

/** What the user reads until somebody knows better. */
export function reasonToWait(job: Pick<Job, 'state' | 'service'>): string {
  const byState: Record<JobState, string> = {
    waiting: 'GitHub has not queued it yet: it waits for an approval or for other jobs',
    queued: 'a VM is being asked for',
    running: '',
    done: '',
    foreign: job.service.kind === 'refused' ? job.service.reason : '',
    lost: 'GitHub no longer knows this job',
  };
  return byState[job.state];
}

const balanceOf = (job: Job): Effect => ({
  kind: 'balance',
  scope: scopeKey(job.scope),
  labels: labelKey(job.labels),
});

const atOnce = (what: Effect): Ask => ({ what, delay: 0 });

function lineOf(before: Job, next: Job, event: JobEvent, at: HistoryLine['at']): HistoryLine {
  return {
    at,
    subject: { kind: 'job', id: next.id },
    event: event.kind,
    data: {
      from: before.state,
      to: next.state,
      ...(next.undecided && { undecided: true }),
      ...(event.kind === 'heard' && event.fact),
      ...(event.kind === 'read-missing' && { asOf: event.asOf }),
      ...(event.kind === 'deadline' && event.spared !== undefined && { spared: event.spared }),
    },
  };
}
