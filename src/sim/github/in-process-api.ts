// The GitHub port without HTTP: the same rules, the same rate limits and faults, the same JSON for jobs, and nothing but
// promises between question and answer, so that the whole product runs on a virtual clock.

import type { InstallationId, RunnerId, RunnerName } from '../../domain/ids.ts';
import { type LabelSet, labelSet } from '../../domain/labels/label-set.ts';
import type { JobFact } from '../../domain/lifecycle/job.ts';
import type { DeletionAnswer } from '../../domain/lifecycle/vm.ts';
import type { Scope } from '../../domain/scope.ts';
import { after, instantOf } from '../../domain/time.ts';
import {
  type AppInfo,
  type GitHub,
  GitHubError,
  type GitHubErrorKind,
  type Installation,
  type JobRef,
  type Registration,
  type RepositoryRef,
  type Runner,
  type RunnerGroup,
  type SeenJob,
} from '../../ports/github.ts';
import { Secret } from '../../ports/secret.ts';
import { factOf, workflowJob } from '../../wire/github-job.ts';
import { findRepository, fullNameOf, repositoriesOf } from './accounts.ts';
import { type Answer, answer, notFound, type Refusal, refuse } from './answer.ts';
import { encodeJitConfig } from './jit-config.ts';
import { renderJob } from './render/job.ts';
import { deleteRunner, isOnline, type RunnerOwner, registerRunner, runnersOf, shownBusy } from './runners.ts';
import { jobsShown } from './runs.ts';
import type { SimGithub } from './sim-github.ts';
import type { Job, Repository, Installation as SimInstallation, Runner as SimRunner } from './state.ts';
import type { World } from './world.ts';

/** @throws GitHubError as the real adapter does */
export class InProcessGitHub implements GitHub {
  readonly #world: World;

  constructor(github: SimGithub) {
    this.#world = github.world;
  }

  async registerRunner(scope: Scope, name: RunnerName, labels: LabelSet): Promise<Registration> {
    const groupId = scope.kind === 'organization' ? scope.groupId : 1;
    const request = { name, labels, runner_group_id: groupId };
    const made = await this.#ask('POST generate-jitconfig', scope.installationId, () =>
      withValue(this.#owner(scope), (owner) => registerRunner(this.#world, owner, request)),
    );
    if (made.ok) {
      const jitConfig = new Secret(encodeJitConfig(this.#world, made.value));
      return { kind: 'registered', runner: made.value.id, jitConfig };
    }
    if (made.status === 409) return { kind: 'name-taken' };
    const isLimit = made.retryAfterSeconds !== undefined || made.message.includes('rate limit');
    if (!isLimit && [403, 404, 422].includes(made.status)) return { kind: 'refused', reason: made.message };
    throw this.#error('register a runner', made);
  }

  async findRunner(scope: Scope, name: RunnerName): Promise<Runner | undefined> {
    const runners = await this.#runners(scope);
    return runners.find((runner) => runner.name.toLowerCase() === name.toLowerCase());
  }

  async getRunner(scope: Scope, id: RunnerId): Promise<Runner | undefined> {
    return (await this.#runners(scope)).find((runner) => runner.id === id);
  }

  async listRunners(scope: Scope): Promise<readonly Runner[]> {
    return this.#runners(scope);
  }

  async deleteRunner(scope: Scope, id: RunnerId): Promise<DeletionAnswer> {
    const deleted = await this.#ask('DELETE runner', scope.installationId, () =>
      withValue(this.#owner(scope), (owner) => deleteRunner(this.#world, owner, id)),
    );
    if (deleted.ok) return 'deleted';
    if (deleted.status === 404) return 'absent';
    if (deleted.status === 422) return 'busy';
    throw this.#error('delete a runner', deleted);
  }

  async readJob(job: JobRef): Promise<JobFact | 'missing'> {
    const asOf = this.#world.clock.now();
    const read = await this.#ask('GET job', job.installationId, () => {
      const found = this.#world.state.jobs.get(job.id);
      const isThere =
        found !== undefined &&
        fullNameOf(found.run.repository).toLowerCase() === job.repository.toLowerCase();
      return isThere ? answer(workflowJob.parse(renderJob(this.#world, found))) : notFound;
    });
    if (read.ok) return factOf(read.value, 'read', asOf);
    if (read.status === 404) return 'missing';
    throw this.#error(`read job ${job.id}`, read);
  }

  async openJobs(repository: RepositoryRef): Promise<readonly SeenJob[]> {
    const asOf = this.#world.clock.now();
    const jobs = await this.#get('GET runs', repository.installationId, () => {
      const found = findRepository(this.#world, repository.fullName);
      if (!found) return notFound;
      const runs = [...this.#world.state.runs.values()].filter(
        (run) => run.repository === found && run.status !== 'completed',
      );
      const open = runs.flatMap((run) => jobsShown(this.#world, run, 'latest'));
      return answer(open.map((job) => ({ job, read: workflowJob.parse(renderJob(this.#world, job)) })));
    });
    return jobs.map(({ job, read }) => ({
      identity: identityOf(job, read.html_url ?? ''),
      run: job.run.id,
      fact: factOf(read, 'read', asOf),
    }));
  }

  async installations(): Promise<readonly Installation[]> {
    const { state, app } = this.#world;
    const active = await this.#get('GET installations', 'app', () =>
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
    const found = await this.#get('GET repositories', installation, () =>
      withValue(this.#installation(installation), (it) => answer(repositoriesOf(this.#world, it))),
    );
    return found.map((repository) => ({
      ...repositoryFacts(repository),
      installationId: installation,
      ownerKind: repository.owner.kind === 'Organization' ? 'organization' : 'user',
    }));
  }

  async runnerGroups(scope: Scope): Promise<readonly RunnerGroup[]> {
    const groups = await this.#get('GET runner-groups', scope.installationId, () =>
      withValue(this.#owner(scope), (owner) =>
        owner.kind === 'organization'
          ? answer(this.#world.state.groups.filter((group) => group.owner === owner.account))
          : notFound,
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
    const { id, slug, permissions, events, hook } = await this.#get('GET app', 'app', () =>
      answer(this.#world.app),
    );
    return { id, slug, permissions, events, webhookUrl: hook.url };
  }

  async #runners(scope: Scope): Promise<Runner[]> {
    const found = await this.#get('GET runners', scope.installationId, () =>
      withValue(this.#owner(scope), (owner) => answer(runnersOf(this.#world, owner))),
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

  /** One call: faults, rate limit, then the work. Outside failures are thrown, refusals given back. */
  async #ask<T>(
    operation: string,
    credential: InstallationId | 'app',
    work: () => Answer<T>,
  ): Promise<Answer<T>> {
    const fault = this.#world.faults.call(operation);
    if (fault.kind === 'delay') await this.#world.clock.sleep(fault.ms);
    else await Promise.resolve();
    if (fault.kind === 'refused') throw this.#error(operation, refuse(fault.status, 'a fault was planted'));
    const charged = this.#world.limits.charge(String(credential), operation.split(' ')[0] ?? 'GET');
    if (!charged.ok) throw this.#error(operation, charged);
    const result = work();
    if (fault.kind === 'lost-answer') throw this.#error(operation, refuse(502, 'the answer was lost'));
    return result;
  }

  async #get<T>(operation: string, credential: InstallationId | 'app', work: () => Answer<T>): Promise<T> {
    const result = await this.#ask(operation, credential, work);
    if (!result.ok) throw this.#error(operation, result);
    return result.value;
  }

  #error(operation: string, { status, message, retryAfterSeconds }: Refusal): GitHubError {
    const isLimit = message.includes('rate limit');
    const waitMs = (retryAfterSeconds ?? 60) * 1000;
    const retryAt = isLimit ? { retryAt: after(instantOf(this.#world.clock.now()), waitMs) } : {};
    return new GitHubError(`GitHub: ${operation}: ${message}`, {
      kind: isLimit ? 'rate-limited' : kindOf(status),
      status,
      ...retryAt,
    });
  }
}

const withValue = <A, B>(first: Answer<A>, then: (value: A) => Answer<B>): Answer<B> =>
  first.ok ? then(first.value) : first;

function kindOf(status: number): GitHubErrorKind {
  if (status === 401) return 'unauthorised';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  return status >= 500 ? 'unavailable' : 'invalid';
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
