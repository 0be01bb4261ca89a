// The metrics of the control plane, from one look at the store. Names and units are Prometheus's convention: base units,
// `_total` for counters.

import { countedEnds } from '../insights/finished-job.ts';
import { phaseNames } from '../insights/phases.ts';
import type { Tally } from '../insights/tally.ts';
import type { Owner, Vm } from '../lifecycle/vm.ts';
import { repairKinds } from '../repair/repair.ts';
import { scopeOwner } from '../scope.ts';
import { between, type Instant } from '../time.ts';
import { counter, emptyHistogram, type Family, gauge, type Sample } from './family.ts';
import { type FleetLook, fleetFamilies } from './fleet-families.ts';
import { type MetricTotals, noTotals, type OwnerTotals, wasLaunched } from './totals.ts';
import { type WatchLook, watchFamilies } from './watch-families.ts';

export interface ServerLook {
  now: Instant;
  version: string;
  open: readonly { owner: string; state: string; jobs: number; late: number; oldestAt: Instant }[];
  /** Of jobs that are over, over all days that are kept. */
  finished: readonly { owner: string; tally: Tally }[];
  /** Up to now: what is folded and what came since. */
  totals: Pick<MetricTotals, 'owners' | 'repairs'>;
  vms: readonly Vm[];
  /** What concerns no single account; absent for callers who do not see all of them (I9). */
  fleet?: FleetLook & WatchLook;
}

export function serverFamilies(look: ServerLook): readonly Family[] {
  return [
    gauge('bellows_build_info', 'The control plane that answers; always 1.', [
      { labels: { version: look.version }, value: 1 },
    ]),
    ...jobFamilies(look),
    ...vmFamilies(look),
    {
      name: 'bellows_job_phase_duration_seconds',
      help: 'How long each phase of a job took, counted when its VM is gone.',
      kind: 'histogram',
      samples: byOwner(look, ({ phases }, owner) =>
        phaseNames.map((phase) => ({
          labels: { owner, phase },
          histogram: phases[phase] ?? emptyHistogram,
        })),
      ),
    },
    ...(look.fleet === undefined
      ? []
      : [
          repairs(look),
          ...fleetFamilies(look.fleet, look.vms, look.now),
          ...watchFamilies(look.fleet, look.now),
        ]),
  ];
}

function jobFamilies(look: ServerLook): readonly Family[] {
  const { open, now, finished } = look;
  const owners = ownersIn(look);
  const queued = open.filter(({ state }) => state === 'queued');
  const ofQueued = (value: (row: ServerLook['open'][number] | undefined) => number): readonly Sample[] =>
    owners.map((owner) => ({ labels: { owner }, value: value(queued.find((row) => row.owner === owner)) }));
  return [
    gauge(
      'bellows_jobs',
      'Jobs that are not over.',
      owners.flatMap((owner) =>
        ['waiting', 'queued', 'running'].map((state) => ({
          labels: { owner, state },
          value: open.find((row) => row.owner === owner && row.state === state)?.jobs ?? 0,
        })),
      ),
    ),
    gauge(
      'bellows_oldest_queued_job_age_seconds',
      'Since when the queued job that waits longest is known; 0 when none waits.',
      ofQueued((row) => (row === undefined ? 0 : Math.max(0, between(row.oldestAt, now)) / 1000)),
    ),
    gauge(
      'bellows_delayed_jobs',
      'Queued jobs that have waited for longer than a minute.',
      ofQueued((row) => row?.late ?? 0),
    ),
    counter(
      'bellows_jobs_queued_total',
      'Jobs of ours that were heard of.',
      byOwner(look, ({ jobsQueued }, owner) => [{ labels: { owner }, value: jobsQueued }]),
    ),
    counter(
      'bellows_jobs_finished_total',
      'Jobs that are over, by how they ended.',
      finished.flatMap(({ owner, tally }) =>
        countedEnds.map((conclusion) => ({ labels: { owner, conclusion }, value: tally[conclusion] })),
      ),
    ),
  ];
}

const faults: readonly Owner[] = ['github', 'bellows', 'host', 'network', 'fleet', 'workflow'];

function vmFamilies(look: ServerLook): readonly Family[] {
  const live = (owner: string): number =>
    look.vms.filter((vm) => scopeOwner(vm.scope) === owner && wasLaunched(vm)).length;
  return [
    counter(
      'bellows_vms_launched_total',
      'VMs whose process came up.',
      byOwner(look, ({ vmsLaunched }, owner) => [{ labels: { owner }, value: vmsLaunched + live(owner) }]),
    ),
    counter(
      'bellows_vm_launches_delayed_total',
      'VMs that waited for a host for longer than a minute, counted when they are gone.',
      byOwner(look, ({ launchesDelayed }, owner) => [{ labels: { owner }, value: launchesDelayed }]),
    ),
    counter(
      'bellows_vms_failed_total',
      'VMs that failed, by whose fault it was, counted when they are gone.',
      byOwner(look, ({ vmsFailed }, owner) =>
        faults.map((fault) => ({ labels: { owner, fault }, value: vmsFailed[fault] ?? 0 })),
      ),
    ),
  ];
}

const repairs = ({ totals }: ServerLook): Family =>
  counter(
    'bellows_repairs_total',
    'What was mended without anybody asking, by kind.',
    repairKinds.map((kind) => ({ labels: { kind }, value: totals.repairs[kind] ?? 0 })),
  );

/** Every account has each of its series from its first one on, so that none begins in the middle of a graph. */
const ownersIn = ({ open, totals, vms }: ServerLook): readonly string[] =>
  [
    ...new Set([
      ...open.map(({ owner }) => owner),
      ...Object.keys(totals.owners),
      ...vms.map(({ scope }) => scopeOwner(scope)),
    ]),
  ].sort();

const byOwner = (
  look: ServerLook,
  samples: (totals: OwnerTotals, owner: string) => readonly Sample[],
): readonly Sample[] =>
  ownersIn(look).flatMap((owner) => samples(look.totals.owners[owner] ?? noTotals, owner));
