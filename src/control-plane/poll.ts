// The slow poll: reads the open jobs of repositories, so that a lost delivery heals. Repositories with jobs that we hold
// open are read often, all others now and then. A job whose end we missed is read by itself.

import type { JobIdentity } from '../domain/lifecycle/job.ts';
import { scopeFor } from '../domain/scope.ts';
import { after, between, type DurationMs, type Instant } from '../domain/time.ts';
import type { RepositoryRef, SeenJob } from '../ports/github.ts';
import type { Deps } from './deps.ts';
import { hearOfJob } from './hear.ts';

/** How many open jobs one round looks at; the rest are looked at in the next rounds, oldest first. */
const mostOpenJobs = 10_000;

export interface Poll {
  /** One round, and the pause until the next. */
  step(): Promise<DurationMs>;
}

export function poll(deps: Deps): Poll {
  const { settings, clock, github, log, store } = deps;
  let allReadAt: Instant | undefined;
  let repositories: readonly RepositoryRef[] = [];

  const everythingIsDue = (now: Instant): boolean =>
    allReadAt === undefined || between(allReadAt, now) >= settings.pollAllMs;

  return {
    async step() {
      const now = clock.now();
      if (everythingIsDue(now)) {
        repositories = await servedRepositories(deps);
        allReadAt = now;
        await readAll(repositories);
      } else {
        const active = await activeRepositories();
        await readAll(repositories.filter(({ fullName }) => active.has(fullName.toLowerCase())));
      }
      return settings.pollActiveMs;
    },
  };

  /** One repository that cannot be read must not keep the others from being read. */
  async function readAll(which: readonly RepositoryRef[]): Promise<void> {
    for (const repository of which) {
      try {
        await readRepository(repository);
      } catch (error) {
        log.warn('cannot poll a repository', { repository: repository.fullName, error });
      }
    }
  }

  async function readRepository(repository: RepositoryRef): Promise<void> {
    const startedAt = clock.now();
    const seen = await github.openJobs(repository);
    await store.transaction(async (tx) => {
      for (const job of seen) await hearOfJob(tx, deps, identityOf(repository, job), job.fact);
    });
    await readTheMissing(repository, new Set(seen.map(({ identity }) => identity.id)), startedAt);
  }

  /** We hold it open and GitHub does not list it: its end was missed. */
  async function readTheMissing(
    repository: RepositoryRef,
    listed: ReadonlySet<JobIdentity['id']>,
    startedAt: Instant,
  ): Promise<void> {
    await store.transaction(async (tx) => {
      const open = await tx.jobs.list(
        { repository: repository.fullName, states: ['waiting', 'queued', 'running'] },
        mostOpenJobs,
      );
      const missing = open.filter((job) => !listed.has(job.id) && job.firstSeenAt < startedAt);
      for (const job of missing)
        await tx.tasks.enqueue({ kind: 'read-job', job: job.id }, after(startedAt, 0));
      if (missing.length > 0) tx.wake('tasks');
    });
  }

  async function activeRepositories(): Promise<ReadonlySet<string>> {
    const open = await store.transaction((tx) =>
      tx.jobs.list({ states: ['waiting', 'queued', 'running'] }, mostOpenJobs),
    );
    return new Set(open.map((job) => job.repository.fullName.toLowerCase()));
  }

  function identityOf(repository: RepositoryRef, job: SeenJob): JobIdentity {
    return { ...job.identity, scope: scopeFor(repository, settings.runnerGroups) };
  }
}

async function servedRepositories({ github, settings }: Deps): Promise<readonly RepositoryRef[]> {
  const served = (await github.installations()).filter(
    ({ account }) => settings.owners.includes('*') || settings.owners.includes(account.toLowerCase()),
  );
  const lists = await Promise.all(served.map(({ id }) => github.repositories(id)));
  return lists.flat();
}
