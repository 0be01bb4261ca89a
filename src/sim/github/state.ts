// What the simulated GitHub knows. Plain records that the rules change in place; nothing here has behaviour.

import type {
  CheckRunId,
  InstallationId,
  JobId,
  RepositoryId,
  RunId,
  RunnerId,
  RunnerName,
} from '../../domain/ids.ts';
import type { Instant } from '../../domain/time.ts';
import type { Deadlines } from './timers.ts';
import type { JobDefinition, Workflow } from './workflow/workflow.ts';

export interface Account {
  id: number;
  login: string;
  kind: 'Organization' | 'User';
}

export interface App {
  id: number;
  slug: string;
  name: string;
  permissions: Record<string, string>;
  events: string[];
  hook: { url: string | undefined; secret: string };
}

export interface Installation {
  id: InstallationId;
  account: Account;
  repositories: 'all' | Set<RepositoryId>;
  createdAt: Instant;
  suspended: boolean;
}

export interface Repository {
  id: RepositoryId;
  owner: Account;
  name: string;
  private: boolean;
  fork: boolean;
  defaultBranch: string;
  createdAt: Instant;
  /** Names of environments whose jobs wait until somebody approves them. */
  protectedEnvironments: Set<string>;
  /** How many runs it has had. */
  runs: number;
  /** Its runs that are queued or in progress, oldest first. */
  openRuns: Set<Run>;
}

export interface Membership {
  organization: Account;
  user: Account;
  /** Pending: invited. */
  state: 'active' | 'pending';
  role: 'admin' | 'member';
}

export interface Team {
  id: number;
  organization: Account;
  slug: string;
  name: string;
  members: Set<Account>;
}

/** GitHub's groups 1 (default) and 2 (GitHub-hosted) exist in every organisation. */
export interface RunnerGroup {
  id: number;
  owner: Account;
  name: string;
  repositories: 'all' | Set<RepositoryId>;
  allowsPublicRepositories: boolean;
}

export type RunnerScope =
  | { kind: 'organization'; group: RunnerGroup }
  | { kind: 'repository'; repository: Repository };

export interface Runner {
  id: RunnerId;
  name: RunnerName;
  scope: RunnerScope;
  labels: readonly string[];
  workFolder: string;
  /** The OAuth client of its JIT configuration. */
  clientId: string;
  createdAt: Instant;
  lastContactAt: Instant | undefined;
  os: string;
  version: string | undefined;
  session: Session | undefined;
  job: Job | undefined;
  deadlines: Deadlines;
  /** Takes one job and is gone. Others are somebody else's: they listen on, and stay when they are idle. */
  ephemeral: boolean;
  /** Gone from lists and refused everywhere; a job that it still runs goes on. */
  removed: boolean;
}

export interface Session {
  id: string;
  runner: Runner;
  mailbox: BrokerMessage[];
  /** The order in which its Online poll began, while that poll is held. */
  askingSince: number | undefined;
  /** Ends the held poll. */
  wake: (() => void) | undefined;
  /** How many polls are held at this moment: a runner re-polls when its status changes. */
  polls: number;
}

export type BrokerMessage =
  | { kind: 'job'; id: number; job: Job }
  | { kind: 'cancel'; id: number; job: Job; timeoutMs: number };

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped' | 'timed_out';

export interface Annotation {
  line: number | undefined;
  column: number | undefined;
  message: string;
}

export interface Run {
  id: RunId;
  repository: Repository;
  number: number;
  attempt: number;
  workflow: Workflow;
  workflowName: string;
  path: string;
  event: string;
  headSha: string;
  ref: string;
  createdAt: Instant;
  attemptStartedAt: Instant;
  updatedAt: Instant;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: Conclusion | undefined;
  cancelRequested: boolean;
  annotations: readonly Annotation[];
  /** One for each job definition of the workflow, in its order. */
  groups: JobGroup[];
  /** Jobs of all attempts, oldest first. */
  jobs: Job[];
  secrets: Readonly<Record<string, string>>;
  sender: string;
}

/** The jobs that one definition became in the run's latest attempt. */
export interface JobGroup {
  definition: JobDefinition;
  expanded: boolean;
  jobs: Job[];
  maxParallel: number;
  failFast: boolean;
}

/** `held` is shown as queued: max-parallel keeps it from runners. `assigned` too: no runner has acquired it yet. */
export type JobPhase = 'waiting' | 'held' | 'queued' | 'assigned' | 'in_progress' | 'completed';

export interface Job {
  id: JobId;
  run: Run;
  attempt: number;
  definition: JobDefinition;
  name: string;
  labels: readonly string[];
  groupName: string | undefined;
  environment: string | undefined;
  matrix: Readonly<Record<string, unknown>> | undefined;
  matrixIndex: number;
  matrixTotal: number;
  needs: Readonly<Record<string, unknown>>;
  continueOnError: boolean;
  failFast: boolean;
  maxParallel: number;
  phase: JobPhase;
  conclusion: Conclusion | undefined;
  createdAt: Instant;
  queuedAt: Instant;
  startedAt: Instant | undefined;
  completedAt: Instant | undefined;
  runner: Runner | undefined;
  cancelRequested: boolean;
  outputs: Record<string, string>;
  steps: Step[];
  annotations: Annotation[];
  /** As the runner's protocol knows it: plan, job, request; a new request with each assignment. */
  planId: string;
  guid: string;
  requestId: string;
  token: string;
  lockedUntil: Instant | undefined;
  timeoutMinutes: number;
  timedOut: boolean;
  deadlines: Deadlines;
  /** While it is queued: from when on a runner may have it. Undefined until a runner could. */
  assignableAt: Instant | undefined;
  /** Each time that a runner began to work on it, oldest first. GitHub promises one at most. */
  starts: JobStart[];
  /** What REST showed of it from when on, oldest first. */
  versions: JobVersion[];
  logText: string | undefined;
  stepLogs: Map<string, string>;
  summaries: Map<string, string>;
}

export interface JobStart {
  at: Instant;
  runner: RunnerId;
  runnerName: RunnerName;
}

/** The part of a job that changes while it lives. */
export type JobVersion = { at: Instant } & Pick<
  Job,
  'phase' | 'conclusion' | 'startedAt' | 'completedAt' | 'runner' | 'steps'
>;

/** The jobs of one repository that ask for the same: what one runner can take, it can take all of. */
export interface Pool {
  repository: Repository;
  /** In lower case, sorted. */
  labels: readonly string[];
  groupName: string | undefined;
  /** Queued, in the order in which they are given to runners. */
  jobs: Job[];
}

/** Where the jobs and the runners of one account meet. */
export interface Market {
  /** Those that have jobs. */
  pools: Map<string, Pool>;
  /** Sessions whose poll waits for a job, in the order in which they began to. */
  asking: Set<Session>;
}

/** What is registered at one organisation or one repository. */
export interface Register {
  /** Oldest first. */
  runners: Map<RunnerId, Runner>;
  byName: Map<string, Runner>;
}

export interface Step {
  externalId: string;
  number: number;
  name: string;
  status: 'queued' | 'in_progress' | 'completed' | 'pending';
  conclusion: Conclusion | undefined;
  startedAt: string | undefined;
  completedAt: string | undefined;
}

export interface CheckRun {
  id: CheckRunId;
  repository: Repository;
  headSha: string;
  name: string;
  externalId: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | undefined;
  title: string;
  summary: string;
  startedAt: Instant;
  completedAt: Instant | undefined;
}

/** Rows stay as long as the simulator lives; whatever is looked through holds only what is alive. */
export interface State {
  accounts: Map<string, Account>;
  memberships: Membership[];
  teams: Team[];
  installations: Map<InstallationId, Installation>;
  repositories: Map<RepositoryId, Repository>;
  /** By full name in lower case. */
  repositoriesByName: Map<string, Repository>;
  groups: RunnerGroup[];
  /** Those that are registered, and those that still work on their last job. */
  runners: Map<RunnerId, Runner>;
  runnersByClient: Map<string, Runner>;
  registers: Map<string, Register>;
  sessions: Map<string, Session>;
  markets: Map<Account, Market>;
  /** Assignment is down, and will be tried again. */
  isAssignmentRetried: boolean;
  runs: Map<RunId, Run>;
  jobs: Map<JobId, Job>;
  jobsByGuid: Map<string, Job>;
  jobsByToken: Map<string, Job>;
  /** Not completed, oldest first. */
  openJobs: Set<Job>;
  /** Jobs by the name of the runner that began to work on them. */
  startedBy: Map<RunnerName, Job[]>;
  /** The end of each repository's webhooks, which is always the same, with what it was made from. */
  webhookEnds: Map<RepositoryId, { madeFrom: string; json: string }>;
  /** Oldest first. */
  checkRuns: Map<CheckRunId, CheckRun>;
}

export const emptyState = (): State => ({
  accounts: new Map(),
  memberships: [],
  teams: [],
  installations: new Map(),
  repositories: new Map(),
  repositoriesByName: new Map(),
  groups: [],
  runners: new Map(),
  runnersByClient: new Map(),
  registers: new Map(),
  sessions: new Map(),
  markets: new Map(),
  isAssignmentRetried: false,
  runs: new Map(),
  jobs: new Map(),
  jobsByGuid: new Map(),
  jobsByToken: new Map(),
  openJobs: new Set(),
  startedBy: new Map(),
  webhookEnds: new Map(),
  checkRuns: new Map(),
});
