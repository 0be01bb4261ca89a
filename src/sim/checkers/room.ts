// I6: no host is promised more than it has, and what runs on it never needs more memory than there is. I9: nor is it given
// what is not for it.

import type { HostId } from '../../domain/ids.ts';
import { wrongWithFleet } from '../../domain/lifecycle/invariants.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import { scopeOwner } from '../../domain/scope.ts';
import type { HostMachine } from '../world/host-machine.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './checker.ts';
import { News } from './news.ts';

export function makeNoOverpromise(): Checker {
  return {
    name: 'I6 no host is promised too much',
    family: 'correctness',
    // Scratch disks are sparse and promised on credit: a disk that fills up breaks no promise.
    look: ({ hosts, vms, world }) =>
      wrongWithFleet(
        hosts.map((host) => asItIs(host, world)),
        vms,
        world.settings.capacity,
      ).filter((what) => what.startsWith('I6') && !what.endsWith('disk')),
  };
}

/** VMs that no row knows may turn up on a host, as after a restored database: what was promised before that is no wrong. */
function asItIs(host: Host, world: World): Host {
  const facts = world.hosts.find(({ id }) => id === host.id)?.spec.facts;
  if (host.capacity === undefined || facts === undefined) return host;
  const { strangers: _strangers, ...capacity } = host.capacity;
  return { ...host, capacity: { ...capacity, memoryMib: facts.memoryMib, milliCpus: facts.cpus * 1000 } };
}

export function makeMemoryHolds(): Checker {
  return {
    name: 'I6 what runs fits into memory',
    family: 'correctness',
    hear: (told) => {
      if (told.kind !== 'host' || told.event.kind !== 'vm-started') return [];
      const { name, host, spec } = told.machine;
      const used = host.machines.reduce((sum, { memoryMib }) => sum + memoryMib, 0);
      return used > spec.facts.memoryMib
        ? [`${name} has ${spec.facts.memoryMib} MiB, and its VMs were given ${used} MiB`]
        : [];
    },
  };
}

export function makeDedicatedHosts(): Checker {
  const machines = new Map<HostId, HostMachine>();
  const news = new News<Vm>();
  return {
    name: 'I9 a dedicated host serves its owners only',
    family: 'correctness',
    look: ({ world, vms }) => {
      // A host that was struck off and joins again has another id.
      for (const machine of world.hosts) machines.set(machine.id, machine);
      return news.of(vms).flatMap(({ id, host, scope }) => {
        const machine = host === undefined ? undefined : machines.get(host);
        const owners = machine?.spec.owners ?? [];
        const owner = scopeOwner(scope);
        return owners.length === 0 || owners.includes(owner)
          ? []
          : [`${id} of ${owner} is on ${machine?.name}, which serves ${owners.join(', ')} only`];
      });
    },
  };
}
