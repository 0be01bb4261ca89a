// What the control plane keeps. Two adapters, one contract suite (`test/contract/store.ts`): memory for the simulation,
// PostgreSQL otherwise. Isolation is READ COMMITTED in both, with its anomalies: code that must not lose an update goes
// through `lock…` or a version, and takes a named lock so as not to be surprised by a new row.

import type { HostId, JobId, LabelKey, RunId, RunnerName, ScopeKey, TaskId, VmId } from '../domain/ids.ts';
import type { Deadline, Effect, EffectKind, HistoryLine } from '../domain/lifecycle/effects.ts';
import type { Job, JobState } from '../domain/lifecycle/job.ts';
import type { Vm, VmState } from '../domain/lifecycle/vm.ts';
import type { RepairLoopKind } from '../domain/repair/loops.ts';
import type { Host } from '../domain/scheduling/host.ts';
import type { Scope } from '../domain/scope.ts';
import type { DurationMs, Instant } from '../domain/time.ts';
import type { ApiTokenTable, AuditTable, PersonTable, SessionTable } from './access-tables.ts';
import type { DeliveryTable, NewDelivery } from './delivery-tables.ts';
import type { EnrolmentTable } from './enrolment-table.ts';
import type { AttributionTable } from './incident-tables.ts';
import type { InsightTable } from './insight-tables.ts';
import type { MetricTable } from './metric-tables.ts';
import type { NoticeTable } from './notice-tables.ts';
import type { LoopTable, RepairTable } from './repair-tables.ts';
import type { VitalsTable } from './vitals-table.ts';

export interface Store {
  /**
   * Runs `work` in one transaction: all of it is kept, or nothing. Run again from the start, a few times, when the database
   * asks for it (deadlock) or when `work` throws `StaleWriteError`; so `work` must not do anything but read and write.
   * @throws StoreUnavailableError when the database cannot be reached.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Keeps one delivery as it came, by its GUID. Resolves only after the commit; several calls at once may share one.
   * What is stored wakes `deliveries`.
   * @throws StoreUnavailableError
   */
  keepDelivery(delivery: NewDelivery): Promise<'stored' | 'duplicate'>;
  /** Calls `listener` when a transaction anywhere said `wake(channel)`. A hint only: it may be lost or doubled. */
  onWake(channel: WakeChannel, listener: () => void): { stop(): void };
  /**
   * Calls `listener` with each job, VM, host, repair or incident whose row a committed transaction anywhere wrote. A hint only, as a wake:
   * it may be doubled or late; when some may have been lost it is `unknown`.
   */
  onChange(listener: (change: Change) => void): { stop(): void };
  /**
   * Names this life of the data: a random id made with the schema and again by `bellows restore`. An agent that meets an
   * epoch that it does not know treats its desired set with care.
   */
  epoch(): Promise<string>;
  close(): Promise<void>;
}

/** `host:<id>` wakes whichever process holds that host's link. */
export type WakeChannel = 'deliveries' | 'tasks' | `host:${string}`;

/** `owner` is a lower-cased account. */
export type Change =
  | { kind: 'job' | 'vm'; id: string; owner: string }
  | { kind: 'host'; id: string }
  /**
   * Written down; without an owner it concerns nobody in particular. An incident is told once for each account whose jobs are in
   * its evidence.
   */
  | { kind: 'repair' | 'incident'; id: string; owner?: string }
  /** Something: whatever one holds is to be read anew. */
  | { kind: 'unknown' };

export interface Transaction {
  readonly deliveries: DeliveryTable;
  readonly jobs: JobTable;
  readonly vms: VmTable;
  readonly hosts: HostTable;
  readonly tasks: TaskTable;
  readonly history: HistoryTable;
  readonly sealed: SealedTable;
  readonly budget: BudgetTable;
  readonly enrolments: EnrolmentTable;
  readonly repairs: RepairTable;
  readonly loops: LoopTable;
  readonly people: PersonTable;
  readonly sessions: SessionTable;
  readonly apiTokens: ApiTokenTable;
  readonly audit: AuditTable;
  readonly insights: InsightTable;
  readonly metrics: MetricTable;
  readonly attribution: AttributionTable;
  readonly vitals: VitalsTable;
  readonly notices: NoticeTable;
  /** Holds a named lock until the transaction ends; waits for its holder. Keeps phantoms and write skew out. */
  lock(name: LockName): Promise<void>;
  /** Wakes listeners when this transaction commits. */
  wake(channel: WakeChannel): void;
}

export type LockName =
  | 'traces'
  | 'metrics'
  | 'alerts'
  | `balance:${string}`
  | 'placement'
  | `budget:${string}`
  | `repair:${RepairLoopKind}`
  | `person:${number}`
  | `notice:${string}`;

/** A write met a row that somebody else had changed since it was read. The transaction is run again. */
export class StaleWriteError extends Error {
  override readonly name = 'StaleWriteError';
}
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

interface VersionedTable<Id, Row> {
  get(id: Id): Promise<Row | undefined>;
  /** Reads the row as it is now and keeps others from writing it until the transaction ends. */
  lockRow(id: Id): Promise<Row | undefined>;
  /** False, and nothing written, when a row with this id is there. */
  insert(row: Row): Promise<boolean>;
  /**
   * Writes the row when the stored version is still the one in `row`, and raises it by one.
   * @throws StaleWriteError
   */
  update(row: Row): Promise<void>;
}

export interface JobTable extends VersionedTable<JobId, Job> {
  /** The demand of one scope and label set, oldest first. */
  queued(scope: ScopeKey, labels: LabelKey): Promise<readonly Job[]>;
  /** The jobs of one scope and label set that a runner has, ours by their labels. Oldest first. */
  running(scope: ScopeKey, labels: LabelKey): Promise<readonly Job[]>;
  /** Queued, ours, without regard to scope: oldest first. */
  allQueued(limit: number): Promise<readonly Job[]>;
  /** Every job of these runs, whatever its state and labels, oldest first. */
  ofRuns(runs: readonly RunId[]): Promise<readonly Job[]>;
  /** Those of these that there are, in no order. */
  some(ids: readonly JobId[]): Promise<readonly Job[]>;
  /**
   * Writes down in these rows why their jobs wait, in one go. Rows that somebody else has written since they were read stay
   * as they are.
   */
  sayWhy(jobs: readonly Job[], reason: string): Promise<void>;
  /** The repositories with jobs of ours that are open, or that we first heard of at `since` or later. In no order. */
  activity(since: Instant): Promise<readonly RepositoryActivity[]>;
  /** Newest first, from after `from` on. `owner` is a lower-cased account. */
  list(filter: JobFilter, limit: number, from?: Place<JobId>): Promise<readonly Job[]>;
}

export interface RepositoryActivity {
  /** `owner/name`, lower-cased. */
  repository: string;
  /** Jobs of ours that are queued, and all that are open: waiting, queued or running. */
  queued: number;
  open: number;
  /** Runs that the open ones belong to. */
  openRuns: number;
  /** When we first heard of the newest one, open or not. */
  lastSeenAt: Instant;
}

/** Where a page of a list ended: the time by which the list is sorted, and the id of that row. */
export interface Place<Id> {
  at: Instant;
  id: Id;
}

/** In `owner`, `owners`, `repository` lower-cased accounts and names. */
export interface JobFilter {
  /** Somewhere in its id, repository, name, workflow, branch or labels; capitals do not count. */
  text?: string;
  owner?: string;
  /** Only of these lower-cased accounts; of all when left out. */
  owners?: readonly string[];
  repository?: string;
  states?: readonly JobState[];
  runId?: number;
}

export interface VmTable extends VersionedTable<VmId, Vm> {
  /** All that are not `gone`, of one scope and label set, oldest first. */
  live(scope: ScopeKey, labels: LabelKey): Promise<readonly Vm[]>;
  /** Those of `live`, and those that are `gone` since `goneSince` or later. Oldest first. */
  lately(scope: ScopeKey, labels: LabelKey, goneSince: Instant): Promise<readonly Vm[]>;
  /** All that are not `gone`, of every scope, oldest first. */
  allLive(): Promise<readonly Vm[]>;
  /** All that are not `gone` on one host. */
  onHost(host: HostId): Promise<readonly Vm[]>;
  /** `requested`, oldest first. */
  unplaced(limit: number): Promise<readonly Vm[]>;
  byRunnerName(scope: ScopeKey, name: RunnerName): Promise<Vm | undefined>;
  /** Made on account of this job, newest first, `gone` ones too. */
  forJob(job: JobId): Promise<readonly Vm[]>;
  /** The same for several jobs together. In no order. */
  forJobs(jobs: readonly JobId[]): Promise<readonly Vm[]>;
  /** `byRunnerName` for several together. In no order. */
  byRunnerNames(runners: readonly { scope: ScopeKey; name: RunnerName }[]): Promise<readonly Vm[]>;
  /** Where VMs were ever made for, one of each scope: the newest VM's. */
  scopes(): Promise<readonly Scope[]>;
  /** Newest first, from after `from` on. */
  list(filter: VmFilter, limit: number, from?: Place<VmId>): Promise<readonly Vm[]>;
}

export interface VmFilter {
  /** Somewhere in its id, its runner's name or its labels; capitals do not count. */
  text?: string;
  owner?: string;
  /** Only of these lower-cased accounts; of all when left out. */
  owners?: readonly string[];
  host?: HostId;
  states?: readonly VmState[];
}

export interface HostTable extends VersionedTable<HostId, Host> {
  /** Takes the row away; what is not there is success. Its history stays. */
  remove(id: HostId): Promise<void>;
  list(): Promise<readonly Host[]>;
}

export interface Task {
  id: TaskId;
  what: Effect | Deadline;
  dueAt: Instant;
  /** How often it was taken before, this time included. */
  attempts: number;
  lastError: string;
  /** The process that held it and let its lease run out. Only told by `claim`. */
  takenFrom?: string;
}

export type TaskKind = EffectKind | Deadline['kind'];

export interface TaskTable {
  /**
   * Asks for something. A task with the same `what` that is not taken yet is kept instead, with the earlier of the two
   * times, so that a hundred reasons to balance make one; a taken one does not count.
   */
  enqueue(what: Effect | Deadline, dueAt: Instant): Promise<void>;
  /** Whether somebody has taken it, also one who let the lease run out. */
  isTaken(what: Effect | Deadline): Promise<boolean>;
  /**
   * Sets the one deadline of a VM or job to `dueAt`, earlier or later; undefined takes it away. One that is taken now stays
   * with its holder, who may complete it, but never comes back.
   */
  setDeadline(deadline: Deadline, dueAt: Instant | undefined): Promise<void>;
  /**
   * Takes due tasks for `owner`: passes over those that others hold, and takes over those whose lease ran out. Writes
   * `retryAt` as their next time as it takes them, so that a crash costs one back-off and not a loop.
   */
  claim(claim: {
    owner: string;
    now: Instant;
    limit: number;
    leaseUntil: Instant;
    kinds?: readonly TaskKind[];
    retryAt: (attempts: number) => Instant;
  }): Promise<readonly Task[]>;
  /** False when the lease was lost to somebody else in the meantime. */
  renew(id: TaskId, owner: string, leaseUntil: Instant): Promise<boolean>;
  /** Done: the row goes. False when the lease was lost. */
  complete(id: TaskId, owner: string): Promise<boolean>;
  /** Failed: free again at `dueAt`. If the same was asked for meanwhile, the two become one, at the earlier time. */
  release(id: TaskId, owner: string, dueAt: Instant, error: string): Promise<void>;
  /** The earliest time at which anything is due or a lease runs out. */
  nextDue(): Promise<Instant | undefined>;
  list(limit: number): Promise<readonly Task[]>;
}

export interface HistoryTable {
  append(lines: readonly HistoryLine[]): Promise<void>;
  /** The newest `limit` lines, in the order of writing. */
  of(subject: HistoryLine['subject'], limit: number): Promise<readonly HistoryLine[]>;
  /** The newest `limit` lines of all these subjects together, in the order of writing; only those before number `before`. */
  page(
    subjects: readonly HistoryLine['subject'][],
    limit: number,
    before?: number,
  ): Promise<readonly NumberedLine[]>;
}

/** `number` rises with each line that is written. */
export interface NumberedLine extends HistoryLine {
  number: number;
}

/** JIT configurations, sealed to a host's key, on their way through the database (I8). */
export interface SealedTable {
  put(vm: VmId, jwe: string): Promise<void>;
  get(vm: VmId): Promise<string | undefined>;
  /** Erases it; what is not there is success. */
  erase(vm: VmId): Promise<void>;
}

/** GitHub's rate limits as its headers last told them, shared by all control planes. */
export interface BudgetTable {
  get(bucket: string): Promise<Budget | undefined>;
  put(bucket: string, budget: Budget): Promise<void>;
  /** By bucket. */
  list(): Promise<readonly (Budget & { bucket: string })[]>;
}

export interface Budget {
  /** Calls in a whole window; absent until GitHub has told. */
  limit?: number;
  /** Calls left until `resetAt`, by GitHub's headers less what we have spent since. */
  remaining: number;
  resetAt: Instant;
  /** Nothing is sent before; set by a secondary limit's `retry-after`. */
  blockedUntil?: Instant;
  /** Starts of our own calls inside the window of a limit that GitHub does not show in headers. */
  recent: readonly Instant[];
}

/** How long a task may be held without renewal. */
export const leaseMs: DurationMs = 30_000;
