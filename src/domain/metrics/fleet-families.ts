// What concerns hosts and the installation as a whole.

import { reservingStates, type Vm } from '../lifecycle/vm.ts';
import type { Host } from '../scheduling/host.ts';
import { between, type Instant } from '../time.ts';
import { type Family, gauge, type Sample } from './family.ts';
import { type VitalsLook, vitalsFamilies } from './vitals-families.ts';

export interface FleetLook extends VitalsLook {
  /** GitHub's limits, by what they are for. */
  budgets: readonly { bucket: string; limit?: number; remaining: number; resetAt: Instant }[];
  /** Webhooks that are stored and not read yet. */
  unreadDeliveries: number;
}

const mib = 2 ** 20;

export function fleetFamilies(
  { hosts, budgets, unreadDeliveries, ...told }: FleetLook,
  vms: readonly Vm[],
  now: Instant,
): readonly Family[] {
  const each: Each = (value) =>
    hosts.flatMap((host) => {
      const holding = vms.filter((vm) => vm.host === host.id && reservingStates.has(vm.state));
      const found = value(host, holding);
      return found === undefined ? [] : [{ labels: { host: host.name }, value: found }];
    });
  return [
    ...hostFamilies(each),
    ...vitalsFamilies({ hosts, ...told }, now),
    gauge('bellows_deliveries_unread', 'Webhooks that are stored and not read yet.', [
      { labels: {}, value: unreadDeliveries },
    ]),
    ...budgetFamilies(budgets, now),
  ];
}

function budgetFamilies(budgets: FleetLook['budgets'], now: Instant): readonly Family[] {
  // Of those whose limit no header tells, only our own calls are counted: nothing is known of what is left.
  const told = budgets.filter(({ resetAt }) => resetAt > 0);
  const ofBudgets = (value: (budget: FleetLook['budgets'][number]) => number | undefined) =>
    told.flatMap((budget) => {
      const found = value(budget);
      return found === undefined ? [] : [{ labels: { bucket: budget.bucket }, value: found }];
    });
  return [
    gauge(
      'bellows_github_api_limit_calls',
      'Calls that GitHub allows in a window.',
      ofBudgets(({ limit }) => limit),
    ),
    gauge(
      'bellows_github_api_remaining_calls',
      'Calls that are left in the window.',
      ofBudgets(({ remaining, limit, resetAt }) =>
        resetAt <= now && limit !== undefined ? limit : remaining,
      ),
    ),
    gauge(
      'bellows_github_api_reset_seconds',
      'Until the window ends.',
      ofBudgets(({ resetAt }) => Math.max(0, between(now, resetAt)) / 1000),
    ),
  ];
}

type Each = (value: (host: Host, holding: readonly Vm[]) => number | undefined) => readonly Sample[];

const sum = (holding: readonly Vm[], of: 'memoryMib' | 'milliCpus'): number =>
  holding.reduce((total, { shape }) => total + shape[of], 0);

function hostFamilies(each: Each): readonly Family[] {
  return [
    gauge(
      'bellows_host_up',
      'Whether the host is heard: 1, or 0 when it is silent.',
      each(({ state }) => (state === 'online' ? 1 : 0)),
    ),
    gauge(
      'bellows_host_held',
      'Whether an operator holds the host back.',
      each(({ hold }) => (hold === undefined ? 0 : 1)),
    ),
    gauge(
      'bellows_host_vms',
      'VMs that hold room on the host.',
      each((_host, holding) => holding.length),
    ),
    gauge(
      'bellows_host_vms_busy',
      'VMs on the host that run a job.',
      each((_host, holding) => holding.filter(({ state }) => state === 'busy').length),
    ),
    gauge(
      'bellows_host_memory_bytes',
      'Memory that the host has for VMs.',
      each(({ capacity }) => capacity && capacity.memoryMib * mib),
    ),
    gauge(
      'bellows_host_memory_promised_bytes',
      'Memory that VMs hold on the host.',
      each((_host, holding) => sum(holding, 'memoryMib') * mib),
    ),
    gauge(
      'bellows_host_processors',
      'Processors that the host has for VMs.',
      each(({ capacity }) => capacity && capacity.milliCpus / 1000),
    ),
    gauge(
      'bellows_host_processors_promised',
      'Processors that are promised to VMs on the host.',
      each((_host, holding) => sum(holding, 'milliCpus') / 1000),
    ),
    gauge(
      'bellows_host_disk_free_bytes',
      'Disk that is free for VMs on the host, in whole GiB.',
      each(({ capacity }) => capacity && capacity.diskGib * 1024 * mib),
    ),
  ];
}
