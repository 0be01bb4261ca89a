// The one function that compares demand and supply, whatever the cause: a webhook, the poll, a VM that failed, a job that was
// cancelled, an operator. It looks at the sets as they are, so that running it twice, late, or for no reason does no harm.

import { assert } from '../bug.ts';
import type { JobId, LabelKey, RunId, ScopeKey, VmId } from '../ids.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm, VmState } from '../lifecycle/vm.ts';
import type { DurationMs, Instant } from '../time.ts';
import { latest, toIso } from '../time.ts';
import { demandOf, isOf } from './demand.ts';
import type { RunHold } from './max-parallel.ts';
import { defaultProbeMs, runHolds } from './max-parallel.ts';
import type { BackoffPolicy, Setback } from './setback.ts';
import { backoffOf, defaultBackoff, setbackOf } from './setback.ts';
import { supplyOf } from './supply.ts';

export interface BalancePolicy extends BackoffPolicy {
  /** How long a run under the `max-parallel` rule waits for one of its jobs to end before one VM is tried. */
  probeMs: DurationMs;
}

export const defaultBalancePolicy: BalancePolicy = { ...defaultBackoff, probeMs: defaultProbeMs };

export interface BalanceInput {
  scope: ScopeKey;
  labels: LabelKey;
  /**
   * Every queued job of the scope and label set; with them all running jobs of the scope, and those of the same runs that ended
   * lately, whatever their labels. Without the latter the back-off and the `max-parallel` rule know less, and nothing breaks.
   */
  jobs: readonly Job[];
  /** Every VM of the scope and label set that is not gone, and those that ended lately (an hour is plenty). */
  vms: readonly Vm[];
  now: Instant;
  policy: BalancePolicy;
}

export interface Balance {
  /** Jobs on whose account a VM is to be asked for, oldest first. */
  request: readonly JobId[];
  /** VMs to give back: first unplaced, then unregistered, then idle ones. */
  release: readonly { vm: VmId; why: string }[];
  /** Jobs that get no VM for now, with the reason for the user. */
  held: readonly { job: JobId; reason: string }[];
  /** When to balance again for the sake of `held`. */
  retryAt?: Instant;
}

const surplusWhy = 'more VMs than queued jobs';

export function balance({ scope, labels, jobs, vms, now, policy }: BalanceInput): Balance {
  const ours = vms.filter((vm) => isOf(vm, scope, labels));
  const ofSet = jobs.filter((job) => isOf(job, scope, labels));
  const demand = demandOf(ofSet);
  const supply = supplyOf(ours, jobs);
  // One whose guest says that it works takes no other job, though GitHub's word has not reached its row.
  const free = supply.filter(({ jobHint }) => jobHint === undefined);
  const surplus = free.length - demand.length;
  const release = surplus > 0 ? surplusOf(free, surplus) : [];
  assert(release.length <= Math.max(0, surplus), 'balance releases more than the surplus');

  const setbacks = ours.flatMap((vm) => setbackOf(vm) ?? []);
  const holds = runHolds(jobs, ours, setbacks, now, policy.probeMs);
  const pause = backoffOf(unexplained(setbacks, jobs, holds), newsOf(ofSet), policy);
  const sorted = sort(withoutVm(demand, supply), holds, pause, now);
  const { retryAt } = sorted;
  assert(
    retryAt === undefined || retryAt > now,
    'balance waits for a later time, or it would go round at once',
  );
  return { ...sorted, release: release.map(({ id }) => ({ vm: id, why: surplusWhy })) };
}

/** The jobs for which a VM is missing: those that have one of their own first, then the oldest take the spare ones. */
function withoutVm(demand: readonly Job[], supply: readonly Vm[]): readonly Job[] {
  const wanted = new Set(demand.map(({ id }) => id));
  const owned = new Set(supply.map(({ cause }) => cause).filter((cause) => wanted.has(cause)));
  const spare = supply.length - owned.size;
  return demand.filter(({ id }) => !owned.has(id)).slice(spare);
}

function sort(
  missing: readonly Job[],
  holds: ReadonlyMap<RunId, RunHold>,
  pause: { rounds: number; until: Instant } | undefined,
  now: Instant,
): Pick<Balance, 'request' | 'held' | 'retryAt'> {
  const request: JobId[] = [];
  const held: { job: JobId; reason: string }[] = [];
  const left = new Map([...holds].map(([run, { allowance }]) => [run, allowance]));
  let retryAt: Instant | undefined;
  const hold = (job: Job, reason: string, until: Instant): void => {
    held.push({ job: job.id, reason });
    retryAt = retryAt === undefined || until < retryAt ? until : retryAt;
  };
  for (const job of missing) {
    const run = holds.get(job.runId);
    const allowance = left.get(job.runId) ?? Number.POSITIVE_INFINITY;
    if (pause !== undefined && now < pause.until) {
      hold(
        job,
        `${pause.rounds} VMs in a row came to nothing; next try at ${clockTime(pause.until)}`,
        pause.until,
      );
    } else if (run !== undefined && allowance <= 0) {
      hold(
        job,
        'GitHub lets no further job of this run start (max-parallel); waiting for one to end',
        run.until,
      );
    } else {
      request.push(job.id);
      left.set(job.runId, allowance - 1);
    }
  }
  return { request, held, ...(retryAt !== undefined && { retryAt }) };
}

const clockTime = (at: Instant): string => `${toIso(at).slice(11, 16)} UTC`;

/** Setbacks that `max-parallel` explains are no reason to back off. */
function unexplained(
  setbacks: readonly Setback[],
  jobs: readonly Job[],
  holds: ReadonlyMap<RunId, RunHold>,
): readonly Setback[] {
  const runs = new Map(jobs.map((job) => [job.id, job.runId]));
  return setbacks.filter(({ kind, cause }) => {
    const run = runs.get(cause);
    return kind === 'failed' || run === undefined || !holds.has(run);
  });
}

/** The last time that anything was heard of this scope and label set: a new job, or one that moved. */
const newsOf = (jobs: readonly Job[]): Instant | undefined =>
  jobs.map(({ since, firstSeenAt }) => latest(since, firstSeenAt)).reduce(latest, undefined);

/** What is cheapest to give back comes first. */
function surplusOf(free: readonly Vm[], count: number): readonly Vm[] {
  return free
    .toSorted((a, b) => costOf(a) - costOf(b) || b.requestedAt - a.requestedAt || (a.id < b.id ? -1 : 1))
    .slice(0, count);
}

const rank: Partial<Record<VmState, number>> = { requested: 0, placed: 1, starting: 2, booted: 3, idle: 6 };
const costOf = (vm: Vm): number => (rank[vm.state] ?? 9) + (vm.runnerId === undefined ? 0 : 2);
