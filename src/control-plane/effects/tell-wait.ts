// Says at GitHub, where a job's author looks, that it waits for what cannot be; and that it does not any more. The row says what
// was said; whoever calls GitHub claims it first, since a task may be asked for again while it is under way. A crash between the
// call and the commit costs nothing: the check run is found again by its external id.

import type { LabelKey, RunId } from '../../domain/ids.ts';
import { labelKey } from '../../domain/labels/label-set.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { after, type Instant } from '../../domain/time.ts';
import { type ImpossibleWait, impossibleWait } from '../../domain/waits/impossible-wait.ts';
import { hasJustBegun, mayBeLeftOpen } from '../../domain/waits/left-open.ts';
import {
  busyMs,
  graceMs,
  lookEveryMs,
  type NextWord,
  nextWord,
  refusedPauseMs,
  type WaitNotice,
} from '../../domain/waits/notice.ts';
import { endWords, waitWords } from '../../domain/waits/wait-words.ts';
import type { ShownCheckRun } from '../../ports/github.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';

interface Look {
  next: NextWord;
  notice: WaitNotice | undefined;
  /** Any job of the group: they share commit and repository. */
  job: Job;
}

export async function tellWait(deps: Deps, run: RunId, labels: LabelKey): Promise<void> {
  if (!deps.settings.checkRuns) return;
  const look = await claim(deps, run, labels);
  if (look === undefined) return;
  const { next, notice, job } = look;
  const { headSha: sha, repository, scope } = job;
  const commit = { installationId: scope.installationId, repository: repository.fullName, sha };
  if (next.kind === 'say') {
    const words = waitWords(run, labels, next.wait);
    const shown = await deps.github.showCheckRun(commit, words, next.checkRun);
    await noteSaid(deps, { run, labels }, next.wait, { notice, shown });
  } else if (next.kind === 'end') {
    const words = endWords(run, labels, notice?.told ?? '');
    const shown = await deps.github.showCheckRun(commit, words, next.checkRun);
    // Refused: its repository is gone, or the permission. There is nothing that we could still end.
    if (shown.kind === 'refused')
      deps.log.warn('cannot end a check run', { job: job.id, reason: shown.reason });
    await noteEnd(deps, { run, labels }, job, shown);
  }
}

/** Undefined when there is nothing to be said now; then it has been seen to that somebody looks again, if need be. */
async function claim(deps: Deps, run: RunId, labels: LabelKey): Promise<Look | undefined> {
  return deps.store.transaction(async (tx) => {
    await tx.lock(`notice:${run} ${labels}`);
    const now = deps.clock.now();
    const jobs = (await tx.jobs.ofRuns([run])).filter((job) => labelKey(job.labels) === labels);
    const notice = await tx.notices.get(run, labels);
    const groups = await tx.loops.get('runner-groups');
    const wait = impossibleWait(jobs, await tx.hosts.list(), deps.settings.capacity, groups);
    const next = nextWord(notice, wait, now, jobs.some(mayBeLeftOpen));
    const job = wait?.jobs[0] ?? jobs[0];
    if (next.kind === 'later') await lookAgain(tx, run, labels, next.at);
    if (next.kind === 'forget') await tx.notices.remove(run, labels);
    if ((next.kind !== 'say' && next.kind !== 'end') || job === undefined) return undefined;
    const held = notice ?? { run, labels, told: '', openedAt: now };
    await tx.notices.put({ ...held, busyUntil: after(now, busyMs) });
    return { next, notice, job };
  });
}

async function noteSaid(
  deps: Deps,
  { run, labels }: Pick<WaitNotice, 'run' | 'labels'>,
  { reason, jobs }: ImpossibleWait,
  { notice, shown }: { notice: WaitNotice | undefined; shown: ShownCheckRun },
): Promise<void> {
  await deps.store.transaction(async (tx) => {
    const now = deps.clock.now();
    const { openedAt = now } = notice ?? {};
    const base = { run, labels, openedAt, busyUntil: now };
    if (shown.kind !== 'shown') {
      const why = shown.kind === 'refused' ? shown.reason : 'it is gone';
      if (notice === undefined) deps.log.warn('a wait cannot be told at GitHub', { run, reason: why });
      await tx.notices.put({ ...base, told: '', retryAt: after(now, refusedPauseMs) });
    } else {
      await tx.notices.put({ ...base, told: reason, checkRun: shown.id });
      const data = { reason, checkRun: shown.id };
      const lines = jobs.map(({ id }) => ({
        at: now,
        subject: { kind: 'job', id } as const,
        event: 'wait-told',
        data,
      }));
      await tx.history.append(lines);
    }
    await lookAgain(tx, run, labels, after(now, lookEveryMs));
  });
}

async function noteEnd(
  deps: Deps,
  { run, labels }: Pick<WaitNotice, 'run' | 'labels'>,
  { id }: Job,
  shown: ShownCheckRun,
): Promise<void> {
  await deps.store.transaction(async (tx) => {
    await tx.notices.remove(run, labels);
    if (shown.kind === 'absent') return;
    await tx.history.append([
      { at: deps.clock.now(), subject: { kind: 'job', id }, event: 'wait-ended', data: {} },
    ]);
  });
}

async function lookAgain(tx: Transaction, run: RunId, labels: LabelKey, at: Instant): Promise<void> {
  await tx.tasks.enqueue({ kind: 'tell-wait', run, labels }, at);
}

/** In the transaction that learns late that a wait is over: what was said of it may be in no book of ours. */
export async function askToEnd(
  tx: Transaction,
  deps: ToAsk,
  before: Job | undefined,
  now: Job,
): Promise<void> {
  if (hasJustBegun(before, now) && mayBeLeftOpen(now)) await askToTell(tx, deps, [now]);
}

interface ToAsk extends Pick<Deps, 'clock'> {
  settings: Partial<Pick<Deps['settings'], 'checkRuns'>>;
}

/** Whoever finds that jobs wait for what no host has asks for a look; once for each group, and not at every plan. */
export async function askToTell(
  tx: Transaction,
  { settings, clock }: ToAsk,
  jobs: readonly Job[],
): Promise<void> {
  if (settings.checkRuns !== true || jobs.length === 0) return;
  const due = after(clock.now(), graceMs);
  const groups = Map.groupBy(jobs, ({ runId, labels }) => `${runId} ${labelKey(labels)}`);
  for (const [first] of groups.values()) {
    if (first === undefined || first.headSha === '') continue;
    await lookAgain(tx, first.runId, labelKey(first.labels), due);
  }
}
