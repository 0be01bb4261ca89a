// Plans over small fleets, for the tests of placement.

import { at, numberedVm, shape, toBusy } from '../domain.fixture.ts';
import type { JobId } from '../ids.ts';
import type { VmEvent } from '../lifecycle/events.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { seconds } from '../time.ts';
import type { CapacityPolicy } from './capacity.ts';
import type { Host } from './host.ts';
import { defaultReserveAfterMs, type PlacementPlan, planPlacement } from './placement.ts';
import type { VmShape } from './shape.ts';

export const policy: CapacityPolicy = { cpuOvercommit: 1, diskOvercommit: 100, vmmMemoryMib: 0 };

interface More {
  overcommit?: number;
  now?: number;
  since?: ReadonlyMap<JobId, ReturnType<typeof at>>;
}
export const plan = (
  hosts: readonly Host[],
  vms: readonly Vm[],
  { now = 100, since = new Map(), overcommit = 1 }: More = {},
): PlacementPlan =>
  planPlacement({
    hosts,
    vms,
    waitingSince: since,
    now: at(now),
    capacity: { ...policy, cpuOvercommit: overcommit },
    reserveAfterMs: defaultReserveAfterMs,
    unheardMs: seconds(30),
  });

export const sized = (memoryGib: number, over: Partial<VmShape> = {}): VmShape => ({
  ...shape,
  milliCpus: 1000,
  memoryMib: memoryGib * 1024,
  ...over,
});
/** A request, `n` seconds after the first. */
export const asks = (n: number, over: Partial<Vm> = {}): Vm =>
  numberedVm(n, [], { requestedAt: at(n), shape: sized(4), ...over });
export const on = (
  host: Host,
  n: number,
  memoryGib: number,
  over: Partial<Vm> = {},
  events: readonly VmEvent[] = toBusy,
): Vm => ({
  ...numberedVm(n, events, { shape: sized(memoryGib), ...over }),
  host: host.id,
});
export const pairs = ({ placements }: PlacementPlan) => placements.map(({ vm, host }) => `${vm} ${host}`);
export const why = (found: PlacementPlan) => found.unplaced.map(({ reason }) => reason);
