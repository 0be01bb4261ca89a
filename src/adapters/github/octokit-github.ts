// The port over GitHub's REST API. Paths and answers: GitHub's OpenAPI description, API version 2022-11-28.

import {
  type CheckRunId,
  deliveryGuid,
  type InstallationId,
  installationId,
  type RunnerId,
  type RunnerName,
  runnerId,
} from '../../domain/ids.ts';
import type { LabelSet } from '../../domain/labels/label-set.ts';
import type { JobFact } from '../../domain/lifecycle/job.ts';
import type { DeletionAnswer } from '../../domain/lifecycle/vm.ts';
import type { RateBudget } from '../../domain/repair/allowance.ts';
import type { Scope } from '../../domain/scope.ts';
import { scopeKey } from '../../domain/scope.ts';
import type { CheckRunWords } from '../../domain/waits/wait-words.ts';
import { askEach } from '../../ports/ask-each.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  type AppInfo,
  type Commit,
  type GitHub,
  GitHubError,
  type Installation,
  type JobRef,
  type OpenJobs,
  type Registration,
  type RepositoryRef,
  type Runner,
  type RunnerGroup,
  type SeenJob,
  type ShownCheckRun,
} from '../../ports/github.ts';
import type { DeliveryPage, GitHubHook } from '../../ports/github-hook.ts';
import { Secret } from '../../ports/secret.ts';
import { factOf, identityOf, statusSince, type WorkflowJob } from '../../wire/github-job.ts';
import * as wire from '../../wire/github-rest.ts';
import { registrationsPerApp, registrationsPerScope } from './budget-rules.ts';
import { showCheckRun } from './check-runs.ts';
import { logTail } from './log-tail.ts';
import { nextCursor } from './next-cursor.ts';
import { type Call, type GitHubOptions, Rest } from './rest.ts';

const perPage = 100;
/** 10,000 runners, GitHub's own limit for a group. */
const maxPages = 100;

export class OctokitGitHub implements GitHub, GitHubHook {
  readonly #rest: Rest;
  /** The part of the limit that looks leave to what cannot wait. */
  readonly #kept: number;
  readonly #clock: Clock;

  constructor(options: GitHubOptions) {
    this.#rest = new Rest(options);
    this.#kept = 1 - options.lookShare;
    this.#clock = options.clock;
  }

  async registerRunner(scope: Scope, name: RunnerName, labels: LabelSet): Promise<Registration> {
    const call: Call = {
      ...inScope(scope, `register the runner ${name}`, 'POST', '/generate-jitconfig'),
      windows: [
        { bucket: 'app:registrations', window: registrationsPerApp },
        { bucket: `registrations:${scopeKey(scope)}`, window: registrationsPerScope },
      ],
    };
    const runner_group_id = scope.kind === 'organization' ? scope.groupId : 1;
    const params = { ...call.params, name, labels, runner_group_id, work_folder: '_work' };
    try {
      const { runner, encoded_jit_config } = await this.#rest.call({ ...call, params }, wire.registration);
      return { kind: 'registered', runner: runnerId(runner.id), jitConfig: new Secret(encoded_jit_config) };
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      if (error.status === 409 || /already exists/i.test(error.message)) return { kind: 'name-taken' };
      if (!willNotHelp.has(error.kind)) throw error;
      return { kind: 'refused', reason: error.message };
    }
  }

  async findRunner(scope: Scope, name: RunnerName): Promise<Runner | undefined> {
    const call = inScope(scope, `find the runner ${name}`, 'GET', '');
    const found = await this.#all({ ...call, params: { ...call.params, name } }, 'runners', wire.runner);
    return found.find((runner) => runner.name.toLowerCase() === name.toLowerCase());
  }

  async getRunner(scope: Scope, id: RunnerId): Promise<Runner | undefined> {
    const call = inScope(scope, `read the runner ${id}`, 'GET', '/{runner_id}');
    const params = { ...call.params, runner_id: id };
    return orAbsent(() => this.#rest.call({ ...call, params }, wire.runner));
  }

  listRunners(scope: Scope): Promise<readonly Runner[]> {
    return this.#all(inScope(scope, 'list the runners', 'GET', ''), 'runners', wire.runner);
  }

  async deleteRunner(scope: Scope, id: RunnerId): Promise<DeletionAnswer> {
    const call = inScope(scope, `delete the runner ${id}`, 'DELETE', '/{runner_id}');
    try {
      await this.#rest.send({ ...call, params: { ...call.params, runner_id: id } });
      return 'deleted';
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      if (error.status === 404) return 'absent';
      if (error.status === 422) return 'busy';
      throw error;
    }
  }

  async readJob(job: JobRef): Promise<JobFact | 'missing'> {
    const asOf = this.#clock.now();
    const call: Call = {
      operation: `read the job ${job.id} of ${job.repository}`,
      as: job.installationId,
      route: 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}',
      params: { ...ownerAndName(job.repository), job_id: job.id },
    };
    const read = await orAbsent(() => this.#rest.call(call, wire.job));
    return read === undefined ? 'missing' : factOf(read, 'read', asOf);
  }

  logTail(job: JobRef, bytes: number): Promise<readonly string[] | 'missing'> {
    return logTail(this.#rest, job, bytes, this.#kept);
  }

  /** Two lists of runs, and one of jobs for each run in them; each asked whether it changed. */
  async openJobs(repository: RepositoryRef): Promise<OpenJobs> {
    const asOf = this.#clock.now();
    const base: Omit<Call, 'route'> = {
      operation: `list the open jobs of ${repository.fullName}`,
      as: repository.installationId,
      params: ownerAndName(repository.fullName),
      keep: this.#kept,
      conditional: true,
    };
    const runs = await askEach(['queued', 'in_progress'], (status) => {
      const route = 'GET /repos/{owner}/{repo}/actions/runs';
      return this.#all({ ...base, route, params: { ...base.params, status } }, 'workflow_runs', wire.run);
    });
    const jobs = await askEach(new Set(runs.told.map(({ id }) => id)), (run_id) => {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs';
      return this.#all(
        { ...base, route, params: { ...base.params, run_id, filter: 'latest' } },
        'jobs',
        wire.job,
      );
    });
    const missed = jobs.missed ?? runs.missed;
    if (missed !== undefined && jobs.told.length === 0) throw missed;
    const seen = jobs.told.map((job) => seenJob(repository, job, factOf(job, 'read', asOf)));
    return { jobs: seen, ...(missed !== undefined && { missed }) };
  }

  showCheckRun(commit: Commit, words: CheckRunWords, known?: CheckRunId): Promise<ShownCheckRun> {
    return showCheckRun(this.#rest, commit, words, { known, keep: this.#kept });
  }

  async installations(): Promise<readonly Installation[]> {
    const call: Call = {
      operation: 'list the installations of the App',
      as: 'app',
      route: 'GET /app/installations',
      params: {},
    };
    const all = await this.#all(call, undefined, wire.installation);
    return all.filter(({ suspended_at }) => !suspended_at).map(wire.installationOf);
  }

  async repositories(installation: InstallationId): Promise<readonly RepositoryRef[]> {
    const call: Call = {
      operation: `list the repositories of installation ${installation}`,
      as: installation,
      route: 'GET /installation/repositories',
      params: {},
      keep: this.#kept,
      conditional: true,
    };
    const all = await this.#all(call, 'repositories', wire.repository);
    return all.map((repository) => wire.repositoryOf(installation, repository));
  }

  budget(installation: InstallationId): Promise<RateBudget | undefined> {
    return this.#rest.budget(installation);
  }

  /** GitHub takes the bare name here (REST, "List self-hosted runner groups for an organization"). */
  async runnerGroups(scope: Scope, visibleTo?: string): Promise<readonly RunnerGroup[]> {
    if (scope.kind === 'repository') return [];
    const call: Call = {
      operation: `list the runner groups of ${scope.login}`,
      as: scope.installationId,
      route: 'GET /orgs/{org}/actions/runner-groups',
      params: {
        org: scope.login,
        ...(visibleTo !== undefined && {
          visible_to_repository: visibleTo.slice(visibleTo.indexOf('/') + 1),
        }),
      },
    };
    return this.#all(call, 'runner_groups', wire.runnerGroup);
  }

  async app(): Promise<AppInfo> {
    const ask = { as: 'app', params: {} } as const;
    const app = await this.#rest.call({ ...ask, operation: 'tell who we are', route: 'GET /app' }, wire.app);
    const hook = await orAbsent(() =>
      this.#rest.call(
        { ...ask, operation: "read the App's webhook", route: 'GET /app/hook/config' },
        wire.hookConfig,
      ),
    );
    return { ...app, webhookUrl: hook?.url || undefined };
  }

  async deliveries(cursor?: string): Promise<DeliveryPage> {
    const call: Call = {
      operation: 'list the deliveries',
      as: 'app',
      route: 'GET /app/hook/deliveries',
      params: { per_page: perPage, ...(cursor !== undefined && { cursor }) },
    };
    const { value, headers } = await this.#rest.exchange(call, wire.pageOf(undefined, wire.hookDelivery));
    const next = nextCursor(headers.link);
    return {
      attempts: value.map(({ guid, installation_id, delivered_at, status_code, ...rest }) => ({
        ...rest,
        guid: deliveryGuid(guid),
        ...(installation_id != null && { installation: installationId(installation_id) }),
        deliveredAt: delivered_at,
        statusCode: status_code,
      })),
      ...(next !== undefined && { next }),
    };
  }

  async redeliver(attempt: number): Promise<'asked' | 'too-old'> {
    try {
      await this.#rest.send({
        operation: 'deliver again',
        as: 'app',
        route: 'POST /app/hook/deliveries/{delivery_id}/attempts',
        params: { delivery_id: attempt },
      });
      return 'asked';
    } catch (error) {
      const isTooOld = error instanceof GitHubError && [400, 404, 422].includes(error.status ?? 0);
      if (isTooOld) return 'too-old';
      throw error;
    }
  }

  async #all<T>(
    call: Call,
    key: string | undefined,
    item: Parameters<typeof wire.pageOf<T>>[1],
  ): Promise<T[]> {
    const items: T[] = [];
    for (let page = 1; page <= maxPages; page += 1) {
      const params = { ...call.params, per_page: perPage, page };
      const got = await this.#rest.call({ ...call, params }, wire.pageOf(key, item));
      items.push(...got);
      if (got.length < perPage) break;
    }
    return items;
  }
}

/** Kinds of refusals that stay as they are until somebody changes the set-up. */
const willNotHelp: ReadonlySet<string> = new Set(['forbidden', 'not-found', 'invalid']);

function inScope(scope: Scope, operation: string, method: string, path: string): Call {
  const base = { operation: `${operation} in ${scopeKey(scope)}`, as: scope.installationId };
  return scope.kind === 'organization'
    ? { ...base, route: `${method} /orgs/{org}/actions/runners${path}`, params: { org: scope.login } }
    : {
        ...base,
        route: `${method} /repos/{owner}/{repo}/actions/runners${path}`,
        params: { owner: scope.owner, repo: scope.name },
      };
}

function ownerAndName(fullName: string): { owner: string; repo: string } {
  const slash = fullName.indexOf('/');
  return { owner: fullName.slice(0, slash), repo: fullName.slice(slash + 1) };
}

async function orAbsent<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitHubError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

/** Identity and fact of a job in a list, as in a webhook. */
function seenJob(repository: RepositoryRef, job: WorkflowJob, fact: JobFact): SeenJob {
  const { id, fullName, private: isPrivate, fork } = repository;
  const identity = { ...identityOf(job), repository: { id, fullName, private: isPrivate, fork } };
  const since = statusSince(job);
  return { identity, run: identity.runId, fact, ...(since === undefined ? {} : { since }) };
}
