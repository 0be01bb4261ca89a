// I5: after `gone` nothing of a VM is on its host, and no registration outlives its VM for long.

import { type VmId, vmId } from '../../domain/ids.ts';
import { vmOfRunnerName } from '../../domain/repair/sweep.ts';
import { minutes } from '../../domain/time.ts';
import { runners, type TrueRunner } from '../github/inspect.ts';
import type { World } from '../world/world.ts';
import type { Checker, Look } from './checker.ts';
import { Lasting } from './lasting.ts';

/** The books may say `gone` only when the host has nothing of it any more, and it never comes back. */
export function makeNothingAfterGone(): Checker {
  const gone = new Set<VmId>();
  return {
    name: 'I5 gone is gone',
    family: 'correctness',
    hear: (told, world) => {
      // A database that was put back orders again what it has forgotten: the same name, a second life.
      if (told.kind === 'restored') gone.clear();
      if (told.kind === 'host' && told.event.kind === 'vm-started' && gone.has(told.event.vm))
        return [`${told.event.vm} was started on ${told.machine.name} after it was gone`];
      if (told.kind !== 'history' || told.line.subject.kind !== 'vm') return [];
      const { data, event, subject } = told.line;
      // A host that is gone for good can prove nothing; what is on it is looked at when it comes back. What never had a host
      // needs no proof, and may be placed after all by a database that was restored.
      const hadHost = data.from !== 'gone' && data.from !== 'requested';
      const isProved = data.to === 'gone' && hadHost && event !== 'host-removed';
      if (!isProved) return [];
      gone.add(subject.id);
      return leftOf(world, subject.id);
    },
  };
}

const leftOf = (world: World, vm: VmId): string[] =>
  world.hosts.flatMap(({ name, host }) =>
    host.partsOf(vm).map((part) => `${vm} is gone by the books, and its ${part} is on ${name}`),
  );

/** When all is over no host has anything of a VM that the books hold for gone, or do not know. */
export function makeCleanHosts(): Checker {
  return {
    name: 'I5 nothing is left on hosts',
    family: 'liveness',
    end: ({ world, vms }) => {
      const living = new Set(vms.filter(({ state }) => state !== 'gone').map(({ id }) => id));
      return world.hosts
        .filter(({ isOff }) => !isOff)
        .flatMap(({ name, host }) =>
          host
            .leftovers()
            .filter((what) => !living.has(vmId(what.split(' ')[1] ?? '')))
            .map((what) => `${what} is left on ${name}`),
        );
    },
  };
}

/** In fair weather it is deleted with its VM; else by the sweep, after two looks ten minutes apart. */
const untilSwept = { fair: minutes(5), afterStorm: minutes(90) };

export function makeNoOrphanedRunners(): Checker {
  const orphaned = new Lasting<string>(untilSwept);
  return {
    name: 'I5 no registration outlives its VM',
    family: 'liveness',
    look: (look) => orphaned.late(look, orphans(look)),
    end: (look) => (look.wasStormy ? [] : orphans(look)),
  };
}

function orphans({ world, vms }: Look): string[] {
  const living = new Set(vms.filter(({ state }) => state !== 'gone').map(({ id }) => id));
  const isOrphan = ({ registered, busy, name }: TrueRunner): boolean => {
    const vm = registered && !busy ? vmOfRunnerName(world.settings.installationTag, name) : undefined;
    return (
      vm !== undefined && !living.has(vm) && !world.hosts.some(({ host }) => host.partsOf(vm).length > 0)
    );
  };
  return runners(world.github.world)
    .filter(isOrphan)
    .map(({ name }) => `runner ${name} is registered, and there is no VM for it any more`);
}
