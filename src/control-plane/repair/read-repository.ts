// One look at one repository: what GitHub lists as open is compared with what we hold open.

import type { Job, JobIdentity } from '../../domain/lifecycle/job.ts';
import { allowanceOf } from '../../domain/repair/allowance.ts';
import { deliveryGraceMs, newsOf } from '../../domain/repair/poll-news.ts';
import type { ServedRepository } from '../../domain/repair/poll-plan.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import { scopeFor } from '../../domain/scope.ts';
import { after, between, type Instant } from '../../domain/time.ts';
import type { GitHubError, SeenJob } from '../../ports/github.ts';
import type { Deps } from '../deps.ts';
import { hearOfJob } from '../hear.ts';
import { listening } from './listen.ts';

/** How many jobs one transaction takes in. */
const batch = 100;
/** How many open jobs of one repository are compared; the rest are when these have ended. */
const mostOpenJobs = 10_000;

interface Read {
  mended: readonly Repair[];
  /** Something was seen of which the webhook may be on its way. */
  awaited: boolean;
}

export interface RepositoryRead extends Read {
  /** What kept GitHub from telling all. */
  missed: GitHubError | undefined;
}

/** @throws GitHubError when GitHub told nothing */
export async function readRepository(deps: Deps, repository: ServedRepository): Promise<RepositoryRead> {
  const startedAt = deps.clock.now();
  const { jobs: seen, missed } = await deps.github.openJobs(repository);
  const mended: Repair[] = [];
  let awaited = false;
  for (let from = 0; from < seen.length; from += batch) {
    const heard = await takeIn(deps, repository, seen.slice(from, from + batch));
    mended.push(...heard.mended);
    awaited ||= heard.awaited;
  }
  if (missed === undefined)
    await readTheMissing(deps, repository, new Set(seen.map(({ identity }) => identity.id)), startedAt);
  return { mended, awaited, missed };
}

/** News whose webhook may still come is left to the next look: it would be no repair, and counted as one. */
async function takeIn(deps: Deps, repository: ServedRepository, seen: readonly SeenJob[]): Promise<Read> {
  const { result: awaited, mended } = await listening(deps, async (tx) => {
    const now = deps.clock.now();
    let early = false;
    for (const job of seen) {
      const known = await tx.jobs.get(job.identity.id);
      const news = newsOf(known, job.fact, job.since, now);
      if (news === 'early') early = true;
      if (news === 'news') await hearOfJob(tx, deps, identityOf(deps, repository, job), job.fact);
    }
    return early;
  });
  return { mended, awaited };
}

/** The part of what looks may spend now that one look spends on jobs that are missing in it. */
const partForMissing = 0.25;

/**
 * We hold it open and GitHub does not list it: most likely its end was missed. It is read by itself, once its webhook has had
 * the time to come. GitHub lists no run that waits for an approval, so a waiting job is read no more often than by the slow poll.
 * Where the list lacks hundreds, those that were not read for longest come first.
 */
async function readTheMissing(
  { store, settings, github }: Deps,
  repository: ServedRepository,
  listed: ReadonlySet<JobIdentity['id']>,
  startedAt: Instant,
): Promise<void> {
  const readLately = (readAt: Instant | undefined, pauseMs: number): boolean =>
    readAt !== undefined && between(readAt, startedAt) < pauseMs;
  const budget = await github.budget(repository.installationId);
  const most = Math.ceil(allowanceOf(budget, settings.lookShare, startedAt).calls * partForMissing);
  await store.transaction(async (tx) => {
    const open = await tx.jobs.list(
      { repository: repository.fullName, states: ['waiting', 'queued', 'running'] },
      mostOpenJobs,
    );
    const missing = open.filter(
      ({ id, state, knowledge, firstSeenAt }) =>
        !listed.has(id) &&
        firstSeenAt < startedAt &&
        !readLately(knowledge.read?.asOf, state === 'waiting' ? settings.pollAllMs : settings.pollActiveMs),
    );
    const readAt = ({ knowledge: { read }, firstSeenAt }: Job): Instant => read?.asOf ?? firstSeenAt;
    for (const job of missing.sort((a, b) => readAt(a) - readAt(b)).slice(0, most)) {
      await tx.tasks.enqueue({ kind: 'read-job', job: job.id }, after(startedAt, deliveryGraceMs));
    }
    if (missing.length > 0) tx.wake('tasks');
  });
}

const identityOf = ({ settings }: Deps, repository: ServedRepository, job: SeenJob): JobIdentity => ({
  ...job.identity,
  scope: scopeFor(repository, settings.runnerGroups),
});
