// I2: a VM runs at most one job, a job runs once, and a JIT configuration reaches one VM.

import type { VmId } from '../../domain/ids.ts';
import { wrongWithFleet } from '../../domain/lifecycle/invariants.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { doubles, jobsRunBy } from '../github/inspect.ts';
import type { Checker } from './checker.ts';

export function makeJitOnce(): Checker {
  const vmOf = new Map<string, VmId>();
  const jitOf = new Map<VmId, string>();
  return {
    name: 'I2 a JIT configuration reaches one VM',
    family: 'correctness',
    hear: (told) => {
      // A database that was put back may order a VM anew that was gone: its second life has a configuration of its own.
      if (told.kind === 'restored') jitOf.clear();
      if (told.kind !== 'host' || told.event.kind !== 'jit-handed') return [];
      const { vm, jitConfig } = told.event;
      const found: string[] = [];
      const other = vmOf.get(jitConfig);
      if (other !== undefined && other !== vm) found.push(`${vm} was handed what ${other} was handed before`);
      const before = jitOf.get(vm);
      if (before !== undefined && before !== jitConfig) found.push(`${vm} was handed a second configuration`);
      vmOf.set(jitConfig, vm);
      jitOf.set(vm, jitConfig);
      return found;
    },
  };
}

export function makeOneJobEach(): Checker {
  return {
    name: 'I2 one VM, one job',
    family: 'correctness',
    end: ({ world, vms }) => {
      const twice = doubles(world.github.world);
      return [
        ...twice.jobs.map(({ id, starts }) => `job ${id} was started ${starts.length} times`),
        ...twice.runners.map((name) => `more than one job was started by runner ${name}`),
        ...vms
          .filter((vm) => isBoundWrongly(vm, jobsRunBy(world.github.world, vm.runnerName)))
          .map(
            ({ id, job, runnerName }) => `${id} is bound to job ${job}, which runner ${runnerName} never had`,
          ),
      ];
    },
  };
}

const isBoundWrongly = ({ job }: Vm, ran: readonly { id: Vm['job'] }[]): boolean =>
  job !== undefined && !ran.some(({ id }) => id === job);

export function makeOwnNames(): Checker {
  return {
    name: 'I2 each VM has a name of its own',
    family: 'correctness',
    look: ({ vms, world }) => wrongWithFleet([], vms, world.settings.capacity),
  };
}
