// The GitHub port without HTTP: the same rules, the same rate limits and faults, the same JSON for jobs, and nothing but
// promises between question and answer, so that the whole product runs on a virtual clock.

import type { CheckRunId, InstallationId, RunnerId, RunnerName } from '../../domain/ids.ts';
import { type LabelSet, labelSet } from '../../domain/labels/label-set.ts';
import type { JobFact } from '../../domain/lifecycle/job.ts';
import type { DeletionAnswer } from '../../domain/lifecycle/vm.ts';
import type { RateBudget } from '../../domain/repair/allowance.ts';
import type { Scope } from '../../domain/scope.ts';
import { type Instant, instantOf } from '../../domain/time.ts';
import type { CheckRunWords } from '../../domain/waits/wait-words.ts';
import { askEach } from '../../ports/ask-each.ts';
import type {
  AppInfo,
  Commit,
  GitHub,
  Installation,
  JobRef,
  OpenJobs,
  Registration,
  RepositoryRef,
  Runner,
  RunnerGroup,
  SeenJob,
  ShownCheckRun,
} from '../../ports/github.ts';
import { Secret } from '../../ports/secret.ts';
import { factOf, statusSince, type WorkflowJob, workflowJob } from '../../wire/github-job.ts';
import { linesOfTail } from '../../wire/github-log.ts';
import { findRepository, fullNameOf, groupsOf, repositoriesOf } from './accounts.ts';
import { type Answer, answer, notFound } from './answer.ts';
import { InProcessCalls } from './in-process-calls.ts';
import { showCheckRun } from './in-process-checks.ts';
import { encodeJitConfig } from './jit-config.ts';
import { logOf } from './job-log.ts';
import { jobAsRead } from './job-versions.ts';
import { renderJob } from './render/job.ts';
import {
  deleteRunner,
  findRunner,
  isOnline,
  type RunnerOwner,
  registerRunner,
  runnersShown,
  shownBusy,
} from './runners.ts';
import { jobsShown } from './runs.ts';
import type { SimGithub } from './sim-github.ts';
import type { Job, Repository, Run, Installation as SimInstallation, Runner as SimRunner } from './state.ts';
import type { World } from './world.ts';

/** @throws GitHubError as the real adapter does */
export class InProcessGitHub implements GitHub {
  readonly #world: World;
  readonly #calls: InProcessCalls;

  constructor(github: SimGithub) {
    this.#world = github.world;
    this.#calls = new InProcessCalls(this.#world);
  }

  async registerRunner(scope: Scope, name: RunnerName, labels: LabelSet): Promise<Registration> {
    const groupId = scope.kind === 'organization' ? scope.groupId : 1;
    const request = { name, labels, runner_group_id: groupId };
    const made = await this.#calls.ask('POST generate-jitconfig', scope.installationId, () =>
      withValue(this.#owner(scope), (owner) => registerRunner(this.#world, owner, request)),
    );
    if (made.ok) {
      const jitConfig = new Secret(encodeJitConfig(this.#world, made.value));
      return { kind: 'registered', runner: made.value.id, jitConfig };
    }
    if (made.status === 409) return { kind: 'name-taken' };
    if ([403, 404, 422].includes(made.status)) return { kind: 'refused', reason: made.message };
    throw this.#calls.error('register a runner', made);
  }

  async findRunner(scope: Scope, name: RunnerName): Promise<Runner | undefined> {
    const runners = await this.#runners(scope);
    return runners.find((runner) => runner.name.toLowerCase() === name.toLowerCase());
  }

  async getRunner(scope: Scope, id: RunnerId): Promise<Runner | undefined> {
    const found = await this.#calls.ask('GET runner', scope.installationId, () =>
      withValue(this.#owner(scope), (owner) => findRunner(this.#world, owner, id)),
    );
    if (found.ok) return this.#shown(found.value);
    if (found.status === 404) return undefined;
    throw this.#calls.error(`read the runner ${id}`, found);
  }

  async listRunners(scope: Scope): Promise<readonly Runner[]> {
    return this.#runners(scope);
  }

  async deleteRunner(scope: Scope, id: RunnerId): Promise<DeletionAnswer> {
    const deleted = await this.#calls.ask('DELETE runner', scope.installationId, () =>
      withValue(this.#owner(scope), (owner) => deleteRunner(this.#world, owner, id)),
    );
    if (deleted.ok) return 'deleted';
    if (deleted.status === 404) return 'absent';
    if (deleted.status === 422) return 'busy';
    throw this.#calls.error('delete a runner', deleted);
  }

  async readJob(job: JobRef): Promise<JobFact | 'missing'> {
    const asOf = this.#world.clock.now();
    const read = await this.#calls.ask('GET job', job.installationId, () => {
      const found = this.#world.state.jobs.get(job.id);
      const isThere =
        found !== undefined &&
        fullNameOf(found.run.repository).toLowerCase() === job.repository.toLowerCase();
      return isThere
        ? answer(workflowJob.parse(renderJob(this.#world, jobAsRead(this.#world, found))))
        : notFound;
    });
    if (read.ok) return factOf(read.value, 'read', asOf);
    if (read.status === 404) return 'missing';
    throw this.#calls.error(`read job ${job.id}`, read);
  }

  async logTail({ id, installationId }: JobRef, bytes: number): Promise<readonly string[] | 'missing'> {
    const read = await this.#calls.ask('GET job logs', installationId, () => {
      const job = this.#world.state.jobs.get(id);
      const text = job?.phase === 'completed' ? logOf(job) : undefined;
      return text === undefined ? notFound : answer(text);
    });
    if (read.ok) return linesOfTail(new TextEncoder().encode(read.value).subarray(-bytes));
    if (read.status === 404) return 'missing';
    throw this.#calls.error(`read the log of job ${id}`, read);
  }

  async openJobs({ installationId, fullName }: RepositoryRef): Promise<OpenJobs> {
    const asOf = this.#world.clock.now();
    const runs = await this.#calls.get('GET runs', installationId, () => {
      const found = findRepository(this.#world, fullName);
      return found ? answer([...found.openRuns]) : notFound;
    });
    const { told, missed } = await askEach(runs, (run) =>
      this.#calls.get('GET run jobs', installationId, () => answer(this.#jobsOf(run))),
    );
    if (missed !== undefined && told.length === 0) throw missed;
    return { jobs: told.map((job) => this.#seen(job, asOf)), ...(missed !== undefined && { missed }) };
  }

  #jobsOf(run: Run): readonly Job[] {
    const shown = jobsShown(this.#world, run, 'latest');
    return shown.filter(({ id }) => !this.#world.faults.listMisses('jobs', id));
  }

  #seen(job: Job, asOf: Instant): SeenJob {
    const read = workflowJob.parse(renderJob(this.#world, jobAsRead(this.#world, job)));
    return {
      identity: identityOf(job, read.html_url ?? ''),
      run: job.run.id,
      fact: factOf(read, 'read', asOf),
      ...sinceOf(read),
    };
  }

  async showCheckRun(commit: Commit, words: CheckRunWords, known?: CheckRunId): Promise<ShownCheckRun> {
    return showCheckRun(this.#world, this.#calls, commit, words, known);
  }

  async installations(): Promise<readonly Installation[]> {
    const { state, app } = this.#world;
    const active = await this.#calls.get('GET installations', 'app', () =>
      answer([...state.installations.values()].filter(({ suspended }) => !suspended)),
    );
    return active.map(({ id, account }) => ({
      id,
      account: account.login,
      accountKind: account.kind === 'Organization' ? 'organization' : 'user',
      permissions: app.permissions,
      events: app.events,
    }));
  }

  async repositories(installation: InstallationId): Promise<readonly RepositoryRef[]> {
    const found = await this.#calls.get('GET repositories', installation, () =>
      withValue(this.#installation(installation), (it) => answer(repositoriesOf(this.#world, it))),
    );
    return found.map((repository) => ({
      ...repositoryFacts(repository),
      installationId: installation,
      ownerKind: repository.owner.kind === 'Organization' ? 'organization' : 'user',
    }));
  }

  async budget(installation: InstallationId): Promise<RateBudget | undefined> {
    const { limit, remaining, reset } = this.#world.limits.left(String(installation));
    return { limit, remaining, resetAt: instantOf(reset * 1000) };
  }

  async runnerGroups(scope: Scope, visibleTo?: string): Promise<readonly RunnerGroup[]> {
    if (scope.kind === 'repository') return [];
    const groups = await this.#calls.get('GET runner-groups', scope.installationId, () =>
      withValue(this.#owner(scope), (owner) =>
        owner.kind === 'organization' ? answer(groupsOf(this.#world, owner.account, visibleTo)) : notFound,
      ),
    );
    return groups.map((group) => ({
      id: group.id,
      name: group.name,
      visibility: group.repositories === 'all' ? 'all' : 'selected',
      allowsPublicRepositories: group.allowsPublicRepositories,
    }));
  }

  async app(): Promise<AppInfo> {
    const { id, slug, permissions, events, hook } = await this.#calls.get('GET app', 'app', () =>
      answer(this.#world.app),
    );
    return { id, slug, permissions, events, webhookUrl: hook.url };
  }

  async #runners(scope: Scope): Promise<Runner[]> {
    const found = await this.#calls.get('GET runners', scope.installationId, () =>
      withValue(this.#owner(scope), (owner) => answer(runnersShown(this.#world, owner))),
    );
    return found.map((runner) => this.#shown(runner));
  }

  #shown(runner: SimRunner): Runner {
    return {
      id: runner.id,
      name: runner.name,
      online: isOnline(this.#world, runner),
      busy: shownBusy(this.#world, runner),
      labels: labelSet(runner.labels),
    };
  }

  #installation(id: InstallationId): Answer<SimInstallation> {
    const found = this.#world.state.installations.get(id);
    return found && !found.suspended ? answer(found) : notFound;
  }

  #owner(scope: Scope): Answer<RunnerOwner> {
    return withValue(this.#installation(scope.installationId), ({ account }): Answer<RunnerOwner> => {
      if (scope.kind === 'organization') {
        const isIts = account.login.toLowerCase() === scope.login.toLowerCase();
        return isIts && account.kind === 'Organization'
          ? answer({ kind: 'organization', account })
          : notFound;
      }
      const repository = findRepository(this.#world, `${scope.owner}/${scope.name}`);
      return repository?.owner === account ? answer({ kind: 'repository', repository }) : notFound;
    });
  }
}

const withValue = <A, B>(first: Answer<A>, then: (value: A) => Answer<B>): Answer<B> =>
  first.ok ? then(first.value) : first;

function sinceOf(read: WorkflowJob): Pick<SeenJob, 'since'> {
  const since = statusSince(read);
  return since === undefined ? {} : { since };
}

const repositoryFacts = (repository: Repository) => ({
  id: repository.id,
  fullName: fullNameOf(repository),
  private: repository.private,
  fork: repository.fork,
});

const identityOf = (job: Job, url: string): SeenJob['identity'] => ({
  id: job.id,
  runId: job.run.id,
  runAttempt: job.attempt,
  name: job.name,
  workflowName: job.run.workflowName,
  headBranch: job.run.ref.replace(/^refs\/(heads|tags)\//, ''),
  headSha: job.run.headSha,
  url,
  repository: repositoryFacts(job.run.repository),
  labels: labelSet(job.labels),
});
