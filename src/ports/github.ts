// GitHub as the control plane needs it. Adapters: `adapters/github` (octokit) and the simulator's in-process twin, under
// one contract suite (`test/contract/github.ts`). Nothing here retries: only effects do.

import type { CheckRunId, InstallationId, JobId, RunId, RunnerId, RunnerName } from '../domain/ids.ts';
import type { LabelSet } from '../domain/labels/label-set.ts';
import type { JobFact, JobIdentity } from '../domain/lifecycle/job.ts';
import type { DeletionAnswer } from '../domain/lifecycle/vm.ts';
import type { RateBudget } from '../domain/repair/allowance.ts';
import type { ServedRepository } from '../domain/repair/poll-plan.ts';
import type { Scope } from '../domain/scope.ts';
import type { Instant } from '../domain/time.ts';
import type { CheckRunWords } from '../domain/waits/wait-words.ts';
import type { Secret } from './secret.ts';

/** Every method throws `GitHubError` for what GitHub refuses and for what does not reach it. */
export interface GitHub {
  /**
   * `POST …/actions/runners/generate-jitconfig`. `name-taken` (409) also follows a call that worked and whose answer was
   * lost; the lost configuration cannot be fetched again, so the caller deletes that runner and takes a new name.
   */
  registerRunner(scope: Scope, name: RunnerName, labels: LabelSet): Promise<Registration>;
  findRunner(scope: Scope, name: RunnerName): Promise<Runner | undefined>;
  getRunner(scope: Scope, id: RunnerId): Promise<Runner | undefined>;
  listRunners(scope: Scope): Promise<readonly Runner[]>;
  /** 204, 404 and 422 are three different answers. */
  deleteRunner(scope: Scope, id: RunnerId): Promise<DeletionAnswer>;
  /** `missing`: 404. The fact's `asOf` is the moment at which the request began. */
  readJob(job: JobRef): Promise<JobFact | 'missing'>;
  /**
   * The last `bytes` of the log of a job that is over, without colours and time stamps; GitHub has masked the secrets that it
   * knows of. `missing`: there is none, or not yet.
   */
  logTail(job: JobRef, bytes: number): Promise<readonly string[] | 'missing'>;
  /**
   * Jobs of the repository's runs that are queued or in progress: a call for each run. Conditional requests: costs little when
   * unchanged. Throws only when GitHub told nothing at all.
   */
  openJobs(repository: RepositoryRef): Promise<OpenJobs>;
  /**
   * Shows a check run on a commit with these words. Found again by its external id when `known` is not told, so that a call whose
   * answer was lost makes no second one. `refused`: trying again soon will not help (no permission, no such commit). `absent`: there
   * is none to be ended; none is made for that.
   */
  showCheckRun(commit: Commit, words: CheckRunWords, known?: CheckRunId): Promise<ShownCheckRun>;
  /** The installations of the App, suspended ones left out. */
  installations(): Promise<readonly Installation[]>;
  repositories(installation: InstallationId): Promise<readonly RepositoryRef[]>;
  /** @param visibleTo `owner/name`: only those that are for this repository. A repository has no groups of its own. */
  runnerGroups(scope: Scope, visibleTo?: string): Promise<readonly RunnerGroup[]>;
  /**
   * What is left of an installation's hourly limit, as all processes that share it know it. Asks nobody; undefined when
   * GitHub has not told of a limit.
   */
  budget(installation: InstallationId): Promise<RateBudget | undefined>;
  /** Who we are, with the permissions and events that the App was given. */
  app(): Promise<AppInfo>;
}

export type Registration =
  | { kind: 'registered'; runner: RunnerId; jitConfig: Secret }
  | { kind: 'name-taken' }
  /** Trying again will not help: unknown group, runners disabled for the repository, permission taken away. */
  | { kind: 'refused'; reason: string };

export interface Runner {
  id: RunnerId;
  name: RunnerName;
  online: boolean;
  /** Not to be trusted when false: GitHub lists runners with a job as idle (actions/runner#4422). */
  busy: boolean;
  labels: LabelSet;
}

export interface JobRef {
  id: JobId;
  installationId: InstallationId;
  /** `owner/name`. */
  repository: string;
}

export interface Commit {
  installationId: InstallationId;
  /** `owner/name`. */
  repository: string;
  sha: string;
}

export type ShownCheckRun =
  | { kind: 'shown'; id: CheckRunId }
  | { kind: 'refused'; reason: string }
  | { kind: 'absent' };

/** One that the App may see; which of them we serve is the poll's to decide. */
export type RepositoryRef = ServedRepository;

export interface OpenJobs {
  jobs: readonly SeenJob[];
  /** What went wrong on the way: then more jobs may be open than these. */
  missed?: GitHubError;
}

/** A job as a list shows it: identity and fact together, as in a webhook. */
export interface SeenJob {
  identity: Omit<JobIdentity, 'scope'>;
  run: RunId;
  fact: JobFact;
  /** When it came into its status, by GitHub's own stamps (whole seconds); absent when it gives none. */
  since?: Instant;
}

export interface Installation {
  id: InstallationId;
  account: string;
  accountKind: 'organization' | 'user';
  permissions: Readonly<Record<string, string>>;
  events: readonly string[];
}

export interface RunnerGroup {
  id: number;
  name: string;
  visibility: 'all' | 'selected' | 'private';
  allowsPublicRepositories: boolean;
}

export interface AppInfo {
  id: number;
  slug: string;
  permissions: Readonly<Record<string, string>>;
  events: readonly string[];
  webhookUrl: string | undefined;
}

export type GitHubErrorKind =
  /** Primary or secondary limit; `retryAt` says when to ask again. */
  | 'rate-limited'
  /** 5xx, a time-out, a broken connection: it may have worked all the same. */
  | 'unavailable'
  /** 401: the key or the App is wrong. */
  | 'unauthorised'
  /** 403 that is no limit: a permission is missing. */
  | 'forbidden'
  | 'not-found'
  /** GitHub does not like our request: a mistake of ours. */
  | 'invalid';

export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  readonly kind: GitHubErrorKind;
  readonly status: number | undefined;
  readonly retryAt: Instant | undefined;
  constructor(
    message: string,
    details: { kind: GitHubErrorKind; status?: number; retryAt?: Instant; cause?: unknown },
  ) {
    super(message, { cause: details.cause });
    this.kind = details.kind;
    this.status = details.status;
    this.retryAt = details.retryAt;
  }
}
