// I4: no job waits while a host that could run it has room. Both are asked of the world and not of the books: GitHub says
// what waits, the host says what it has and what runs on it. Only what is promised already is taken from the books.

import type { HostId } from '../../domain/ids.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { addVm, lacksFor, type Usage, usageOf } from '../../domain/scheduling/capacity.ts';
import { fitnessOf } from '../../domain/scheduling/fit.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import { isSupply } from '../../domain/scheduling/supply.ts';
import { minutes } from '../../domain/time.ts';
import { simulationStart } from '../clock.ts';
import { openJobs } from '../github/inspect.ts';
import type { Job } from '../github/state.ts';
import type { HostMachine } from '../world/host-machine.ts';
import { worldSettings } from '../world/settings.ts';
import type { Checker, Look } from './checker.ts';
import { Lasting } from './lasting.ts';
import { type Served, ServedJobs, type SetKey, setOf } from './served.ts';

/** In fair weather a webhook was lost at worst; after a storm the longest back-off or probe comes after the longest poll. */
const patience = { fair: minutes(5), afterStorm: minutes(45) };

export function makeNoIdleWaiting(): Checker {
  const served = new ServedJobs();
  const waiting = new Lasting<string>(patience);
  return {
    name: 'I4 no job waits beside a host with room',
    family: 'liveness',
    look: (look) => waiting.late(look, neglected(look, served)),
  };
}

function neglected(look: Look, served: ServedJobs): string[] {
  const sets = Map.groupBy(queued(look, served), (job) => job.served.set);
  if (sets.size === 0) return [];
  const supply = supplyBySet(look.vms);
  const short = [...sets].flatMap(([set, jobs]) => jobs.slice(supply.get(set) ?? 0));
  if (short.length === 0) return [];
  const fleet = trueFleet(look);
  const rooms = new Map(short.map(({ served: { set, scope, shape } }) => [set, { scope, shape }]));
  const withRoom = new Set([...rooms].filter(([, need]) => hasRoom(look, fleet, need)).map(([set]) => set));
  return short
    .filter(({ served: { set } }) => withRoom.has(set))
    .map(({ job, served: { set } }) => `job ${job.id} waits for a VM of ${set}, and a host has room for it`);
}

const queued = ({ world }: Look, served: ServedJobs): { job: Job; served: Served }[] =>
  openJobs(world.github.world).flatMap((job) => {
    const ours = job.phase === 'queued' ? served.of(world, job) : undefined;
    return ours === undefined ? [] : [{ job, served: ours }];
  });

/** Whoever has a host is on the way; one without a host is what this is about. */
function supplyBySet(vms: readonly Vm[]): ReadonlyMap<SetKey, number> {
  const supply = new Map<SetKey, number>();
  for (const vm of vms) {
    if (vm.host === undefined || !isSupply(vm)) continue;
    supply.set(setOf(vm), (supply.get(setOf(vm)) ?? 0) + 1);
  }
  return supply;
}

interface Fleet {
  hosts: readonly Host[];
  used: ReadonlyMap<HostId, Usage>;
}

/** Hosts that are up, with what they truly have. */
function trueFleet(look: Look): Fleet {
  const rows = new Map(look.hosts.map((host) => [host.id, host]));
  const up = look.world.hosts.flatMap((machine) => {
    const row = rows.get(machine.id);
    const isUp = machine.agentIsAlive && !machine.host.diskFull && machine.host.refusesStart === undefined;
    return row === undefined || row.hold !== undefined || !isUp ? [] : [{ machine, row }];
  });
  const onHost = Map.groupBy(look.vms, ({ host }) => host);
  return {
    hosts: up.map(({ machine, row }) => truly(machine, row)),
    used: new Map(
      up.map(({ machine }) => [machine.id, usageOn(look, machine, onHost.get(machine.id) ?? [])]),
    ),
  };
}

const truly = ({ spec }: HostMachine, row: Host): Host => ({
  ...row,
  state: 'online',
  owners: spec.owners ?? [],
  capacity: {
    arch: spec.facts.arch,
    milliCpus: spec.facts.cpus * 1000,
    memoryMib: spec.facts.memoryMib,
    diskGib: spec.diskGib ?? 200,
    maxBooting: spec.maxBooting ?? 2,
    labels: spec.labels ?? [],
    images: [worldSettings.image],
  },
});

/** What is promised, and what runs there and no row knows. */
function usageOn({ world }: Look, { host }: HostMachine, vms: readonly Vm[]): Usage {
  const known = new Set(vms.map(({ id }) => id));
  const { capacity } = world.settings;
  return host.machines
    .filter(({ vm }) => !known.has(vm))
    .reduce(
      (used, { vcpus, memoryMib }) =>
        addVm(
          used,
          { milliCpus: vcpus * 1000, memoryMib, diskGib: 0, arch: 'any', burstable: false, hostLabels: [] },
          capacity,
          false,
        ),
      usageOf(vms, capacity),
    );
}

/** The machines themselves were looked at, so nobody has to be heard. */
const whoeverIsUp = { now: simulationStart, unheardMs: Number.POSITIVE_INFINITY };

/** Only these parts of a VM are looked at when it is fitted. */
type Need = Pick<Served, 'scope' | 'shape'>;

function hasRoom(look: Look, fleet: Fleet, need: Need): boolean {
  return freeFor(look, fleet, need) > (mayKeepAHost(look, fleet) ? 1 : 0);
}

/** How many hosts could take it now. */
function freeFor({ world }: Look, { hosts, used }: Fleet, { scope, shape }: Need): number {
  const { capacity: policy } = world.settings;
  const fitness = fitnessOf({ scope, shape, image: worldSettings.image }, hosts, policy, whoeverIsUp);
  if (fitness.kind === 'none') return 0;
  return fitness.hosts.filter(({ id, capacity }) => {
    const usage = used.get(id);
    return usage !== undefined && lacksFor(capacity, usage, shape, policy) === undefined;
  }).length;
}

/** A VM that has found no place for some minutes has one host kept for it (`planPlacement`). */
function mayKeepAHost(look: Look, fleet: Fleet): boolean {
  const { vms, now, world } = look;
  const patient = vms.filter(
    ({ state, requestedAt }) => state === 'requested' && now - requestedAt >= world.settings.reserveAfterMs,
  );
  const oneOfEach = new Map(patient.map((vm) => [setOf(vm), vm]));
  return [...oneOfEach.values()].some((vm) => freeFor(look, fleet, vm) === 0);
}
