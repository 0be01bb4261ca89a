// Supply is the set of VMs that may still take a job of one scope and label set: asked for, booting, or idle. It is a set of
// VMs and never a counter.

import type { RunnerName } from '../ids.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { supplyStates } from '../lifecycle/vm.ts';

/** A VM that is being given back, that failed, or whose host is silent is no supply, though it may keep its memory. */
export const isSupply = (vm: Vm): boolean =>
  supplyStates.has(vm.state) &&
  vm.job === undefined &&
  vm.release === undefined &&
  vm.failure === undefined &&
  vm.tombstone === undefined;

/**
 * The supply among `vms`. A VM whose runner GitHub names with one of `jobs` is taken, although its own row does not say so
 * yet: binding is an effect and comes a moment after the job's own change.
 */
export function supplyOf(vms: readonly Vm[], jobs: readonly Job[]): readonly Vm[] {
  const taken = new Set<RunnerName>();
  for (const { knowledge } of jobs) if (knowledge.runner !== undefined) taken.add(knowledge.runner.name);
  return vms.filter((vm) => isSupply(vm) && !taken.has(vm.runnerName));
}
