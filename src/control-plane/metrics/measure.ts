// Counts what has come since the last look, each thing once: whoever is asked for metrics folds what is new, under a lock,
// and writes down up to when. So nothing is counted in the way of jobs, and no process has counters of its own.

import { phasesOf } from '../../domain/insights/phases.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import {
  type MetricTotals,
  type VmTold,
  withJobs,
  withRepairs,
  withVm,
} from '../../domain/metrics/totals.ts';
import { type RepairKind, repairKinds } from '../../domain/repair/repair.ts';
import { after, between, days, hours, type Instant, instantOf, seconds } from '../../domain/time.ts';
import type { Store, Transaction } from '../../ports/store.ts';

/** What is younger may still be uncommitted, or stamped by a process whose clock lags. */
const settledMs = seconds(60);
/** Folded in one transaction. */
const stepMs = hours(1);
/** When nobody has asked for longer, the phases of what lies further back are not measured. */
const longestGapMs = days(1);
const vmsAtOnce = 50;
/** A VM and its job leave some forty lines. */
const linesOfEach = 200;

const nothing: MetricTotals = { upTo: instantOf(0), owners: {}, repairs: {} };

export interface Measured extends Pick<MetricTotals, 'owners' | 'repairs'> {
  /** The VMs that live, none of them among those that the totals count as gone. */
  vms: readonly Vm[];
}

/** The totals up to `now`. */
export async function measuredTotals(store: Store, now: Instant): Promise<Measured> {
  const settled = after(now, -settledMs);
  for (;;) {
    const done = await store.transaction(async (tx) => {
      await tx.lock('metrics');
      const totals = (await tx.loops.get('metrics')) ?? nothing;
      if (totals.upTo >= settled) return true;
      await tx.loops.put('metrics', await folded(tx, totals, settled));
      return false;
    });
    if (done) break;
  }
  return store.transaction((tx) => unfolded(tx, now));
}

/** A step further. The first one, and one after a long gap, passes over what lies further back. */
async function folded(tx: Transaction, totals: MetricTotals, settled: Instant): Promise<MetricTotals> {
  const gapFrom = after(settled, -longestGapMs);
  const skips = totals.upTo < gapFrom;
  const to = skips ? gapFrom : instantOf(Math.min(settled, after(totals.upTo, stepMs)));
  let owners = withJobs(totals.owners, await tx.metrics.jobsSeen(totals.upTo, to));
  if (!skips) {
    const gone = await tx.metrics.vmsGone(totals.upTo, to);
    for (let i = 0; i < gone.length; i += vmsAtOnce)
      for (const told of await tellOf(tx, gone.slice(i, i + vmsAtOnce))) owners = withVm(owners, told);
  }
  return {
    upTo: to,
    owners,
    repairs: withRepairs(totals.repairs, await repairsBetween(tx, totals.upTo, to)),
  };
}

/** What has come since is counted for this answer only; phases follow when it is folded. */
async function unfolded(tx: Transaction, now: Instant): Promise<Measured> {
  // Before those that are gone: one that goes between the two is then in both lists and not in neither, or counters would fall.
  const live = await tx.vms.allLive();
  const { upTo, owners: before, repairs } = (await tx.loops.get('metrics')) ?? nothing;
  // A process with a faster clock may have written rows that lie ahead of ours.
  const end = after(now, settledMs);
  let owners = withJobs(before, await tx.metrics.jobsSeen(upTo, end));
  const gone = await tx.metrics.vmsGone(upTo, end);
  for (const vm of gone) owners = withVm(owners, { vm, placedAfterMs: undefined, phases: [] });
  const ids = new Set(gone.map(({ id }) => id));
  return {
    owners,
    repairs: withRepairs(repairs, await tx.repairs.count({ since: upTo })),
    vms: live.filter(({ id }) => !ids.has(id)),
  };
}

async function repairsBetween(tx: Transaction, from: Instant, to: Instant) {
  const since = await tx.repairs.count({ since: from });
  const later = await tx.repairs.count({ since: to });
  const counts = repairKinds.map((kind) => [kind, since[kind] - later[kind]]);
  return Object.fromEntries(counts) as Record<RepairKind, number>;
}

async function tellOf(tx: Transaction, vms: readonly Vm[]): Promise<readonly VmTold[]> {
  const subjects = vms.flatMap(({ id, job }): HistoryLine['subject'][] => [
    { kind: 'vm', id },
    ...(job === undefined ? [] : [{ kind: 'job' as const, id: job }]),
  ]);
  const lines = Map.groupBy(await tx.history.page(subjects, vms.length * linesOfEach), ({ subject }) =>
    subject.kind === 'system' ? '' : `${subject.kind} ${subject.id}`,
  );
  return vms.map((vm) => {
    const own = lines.get(`vm ${vm.id}`) ?? [];
    const placedAt = own.find(({ event }) => event === 'placed')?.at;
    const ofJob = vm.job === undefined ? undefined : lines.get(`job ${vm.job}`);
    return {
      vm,
      placedAfterMs: placedAt && between(vm.requestedAt, placedAt),
      phases: ofJob === undefined ? [] : phasesOf(ofJob, own),
    };
  });
}
