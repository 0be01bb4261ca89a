// Counters that only rise. They are a fold over rows and history, kept with the time up to which they are folded, so that
// they outlive restarts and are the same whichever control plane is asked.

import type { PhaseName } from '../insights/phases.ts';
import type { Owner, Vm } from '../lifecycle/vm.ts';
import type { RepairKind } from '../repair/repair.ts';
import { scopeOwner } from '../scope.ts';
import { type DurationMs, type Instant, minutes } from '../time.ts';
import { emptyHistogram, type Histogram, observed } from './family.ts';

export interface MetricTotals {
  /** Everything before is counted. */
  upTo: Instant;
  /** By lower-cased account. */
  owners: Readonly<Record<string, OwnerTotals>>;
  repairs: Readonly<Partial<Record<RepairKind, number>>>;
}

export interface OwnerTotals {
  jobsQueued: number;
  vmsLaunched: number;
  launchesDelayed: number;
  /** By whose fault it was. */
  vmsFailed: Readonly<Partial<Record<Owner, number>>>;
  phases: Readonly<Partial<Record<PhaseName, Histogram>>>;
}

export const noTotals: OwnerTotals = {
  jobsQueued: 0,
  vmsLaunched: 0,
  launchesDelayed: 0,
  vmsFailed: {},
  phases: {},
};

/** A VM that waited longer for a host was delayed, and so was a job that waited longer for a VM. */
export const delayedAfterMs: DurationMs = minutes(1);

/** What is told of a VM that is gone. */
export interface VmTold {
  vm: Vm;
  placedAfterMs: DurationMs | undefined;
  phases: readonly { name: PhaseName; ms: DurationMs }[];
}

/** Its process came up: only then its hard deadline is set. */
export const wasLaunched = ({ hardDeadline }: Pick<Vm, 'hardDeadline'>): boolean =>
  hardDeadline !== undefined;

export function withVm(owners: MetricTotals['owners'], told: VmTold): MetricTotals['owners'] {
  const owner = scopeOwner(told.vm.scope);
  return { ...owners, [owner]: counted(owners[owner] ?? noTotals, told) };
}

function counted(totals: OwnerTotals, { vm, placedAfterMs, phases }: VmTold): OwnerTotals {
  const fault = vm.failure?.owner;
  const measured: Partial<Record<PhaseName, Histogram>> = { ...totals.phases };
  for (const { name, ms } of phases) measured[name] = observed(measured[name] ?? emptyHistogram, ms / 1000);
  return {
    ...totals,
    vmsLaunched: totals.vmsLaunched + (wasLaunched(vm) ? 1 : 0),
    launchesDelayed:
      totals.launchesDelayed + (placedAfterMs !== undefined && placedAfterMs > delayedAfterMs ? 1 : 0),
    vmsFailed:
      fault === undefined
        ? totals.vmsFailed
        : { ...totals.vmsFailed, [fault]: (totals.vmsFailed[fault] ?? 0) + 1 },
    phases: measured,
  };
}

export function withJobs(
  owners: MetricTotals['owners'],
  seen: readonly { owner: string; jobs: number }[],
): MetricTotals['owners'] {
  const next = { ...owners };
  for (const { owner, jobs } of seen) {
    const totals = next[owner] ?? noTotals;
    next[owner] = { ...totals, jobsQueued: totals.jobsQueued + jobs };
  }
  return next;
}

export function withRepairs(
  counts: MetricTotals['repairs'],
  more: Readonly<Record<RepairKind, number>>,
): MetricTotals['repairs'] {
  const next = { ...counts };
  for (const [kind, count] of Object.entries(more) as [RepairKind, number][])
    next[kind] = (next[kind] ?? 0) + count;
  return next;
}
