// The port over what GitHub remembers of an account. Paths and answers: GitHub's OpenAPI description, API version 2022-11-28.

import { countedEnd } from '../../domain/insights/finished-job.ts';
import { between, type Instant, toIso } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type {
  GitHubHistory,
  HistoryAccount,
  HistoryJob,
  HistoryRepository,
  HistoryRun,
} from '../../ports/github-history.ts';
import { factOf, type WorkflowJob } from '../../wire/github-job.ts';
import * as wire from '../../wire/github-rest.ts';
import { PatientGet, type PatientOptions, type Question } from './patient-get.ts';
import type { Parser } from './rest.ts';

const perPage = 100;
/** GitHub docs, "List workflow runs for a repository": up to 1,000 results for each search with `created`. */
const mostResults = 1_000;
/** 10,000 of anything here; a list that does not end is broken. */
const mostPages = 100;

export class TokenHistory implements GitHubHistory {
  readonly asOf: Instant;
  readonly #get: PatientGet;

  constructor(options: PatientOptions) {
    this.asOf = options.clock.now();
    this.#get = new PatientGet(options);
  }

  async account(login: string): Promise<HistoryAccount | undefined> {
    const operation = `find the account ${login}`;
    const found = await this.#orAbsent({ operation, path: `/users/${part(login)}` }, wire.account);
    if (found === undefined) return undefined;
    if (found.type === 'Organization') {
      const path = `/orgs/${part(login)}`;
      const organization = await this.#orAbsent({ operation, path }, wire.organization);
      const privateRepositories = organization?.total_private_repos ?? undefined;
      return { login: found.login, kind: 'organization', privateRepositories };
    }
    const self = await this.#self(found.login);
    return { login: found.login, kind: 'user', privateRepositories: self?.total_private_repos ?? undefined };
  }

  async repositories({ login, kind }: HistoryAccount): Promise<readonly HistoryRepository[]> {
    const path =
      kind === 'organization'
        ? `/orgs/${part(login)}/repos?type=all`
        : (await this.#self(login)) === undefined
          ? `/users/${part(login)}/repos?type=owner`
          : '/user/repos?affiliation=owner&visibility=all';
    const question = { operation: `list the repositories of ${login}`, path };
    const all = await this.#all(question, wire.pageOf(undefined, wire.listedRepository));
    return all.map((it) => ({ fullName: it.full_name, private: it.private }));
  }

  async runs(repository: string, from: Instant, to: Instant): Promise<readonly HistoryRun[] | 'too-many'> {
    const created = encodeURIComponent(`${second(from)}..${second(to)}`);
    const path = `/repos/${pathOf(repository)}/actions/runs?created=${created}`;
    const runs: HistoryRun[] = [];
    for await (const page of this.#pages(
      { operation: `list the runs of ${repository}`, path },
      wire.pastRuns,
    )) {
      if (page.total_count >= mostResults) return 'too-many';
      runs.push(...page.workflow_runs.map(runOf));
    }
    return runs;
  }

  async jobs(repository: string, run: HistoryRun): Promise<readonly HistoryJob[]> {
    const operation = `list the jobs of run ${run.id} of ${repository}`;
    const path = `/repos/${pathOf(repository)}/actions/runs/${run.id}/jobs?filter=all`;
    try {
      const jobs = await this.#all({ operation, path }, wire.pageOf('jobs', wire.job));
      return jobs.flatMap((job) => jobOf(job, run, this.asOf) ?? []);
    } catch (error) {
      if (error instanceof GitHubError && error.kind === 'not-found') return [];
      throw error;
    }
  }

  /** What it says of itself, if the token is that user's. An App's token is nobody's: 403. */
  async #self(login: string) {
    const question = { operation: 'say whose token this is', path: '/user' };
    try {
      const { value } = await this.#get.get(question, wire.ownUser);
      return value.login.toLowerCase() === login.toLowerCase() ? value : undefined;
    } catch (error) {
      if (error instanceof GitHubError && error.kind === 'forbidden') return undefined;
      throw error;
    }
  }

  async #all<T>(question: Question, page: Parser<T[]>): Promise<T[]> {
    const all: T[] = [];
    for await (const items of this.#pages(question, page)) all.push(...items);
    return all;
  }

  /** As long as GitHub names a next one: an empty list is a page too. */
  async *#pages<T>(question: Question, page: Parser<T>): AsyncGenerator<T> {
    for (let number = 1; number <= mostPages; number++) {
      const separator = question.path.includes('?') ? '&' : '?';
      const path = `${question.path}${separator}per_page=${perPage}&page=${number}`;
      const { value, headers } = await this.#get.get({ ...question, path }, page);
      yield value;
      if (!/rel="next"/.test(headers.get('link') ?? '')) return;
    }
    throw new GitHubError(`GitHub's answer to ${question.operation} does not end`, { kind: 'invalid' });
  }

  async #orAbsent<T>(question: Question, parser: Parser<T>): Promise<T | undefined> {
    try {
      return (await this.#get.get(question, parser)).value;
    } catch (error) {
      if (error instanceof GitHubError && error.status === 404) return undefined;
      throw error;
    }
  }
}

const part = encodeURIComponent;
const pathOf = (repository: string): string => repository.split('/').map(part).join('/');
/** GitHub's times have whole seconds. */
const second = (at: Instant): string => toIso(at).replace(/\.\d+Z$/, 'Z');

const runOf = (run: wire.PastRun): HistoryRun => ({
  id: run.id,
  attempt: run.run_attempt ?? 1,
  actor: run.actor,
  lastActor: run.triggering_actor || run.actor,
});

/** Undefined while it is not over. Without a runner it never started, whatever time GitHub gives for that. */
function jobOf(job: WorkflowJob, run: HistoryRun, asOf: Instant): HistoryJob | undefined {
  const { conclusion, completedAt, startedAt, runner } = factOf(job, 'read', asOf);
  if (conclusion === undefined || completedAt === undefined) return undefined;
  const ran = runner !== undefined && startedAt !== undefined;
  return {
    id: job.id,
    actor: (job.run_attempt ?? 1) === run.attempt ? run.lastActor : run.actor,
    end: countedEnd(conclusion),
    endedAt: completedAt,
    ms: ran ? Math.max(0, between(startedAt, completedAt)) : 0,
  };
}
