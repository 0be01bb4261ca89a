// The phase that a job is in now, read off its row and its VM's: what `phasesOf` will tell once it is over.

import type { Job } from '../lifecycle/job.ts';
import type { Vm, VmState } from '../lifecycle/vm.ts';
import type { Instant } from '../time.ts';
import type { PhaseName } from './phases.ts';

const phaseIn: Partial<Record<VmState, PhaseName>> = {
  placed: 'starting',
  starting: 'booting',
  booted: 'connecting',
  idle: 'assigning',
};

/**
 * Undefined when nothing goes on that is measured: the job is held back by GitHub, or over with nothing left of its VM.
 * @param vm the one that runs or ran it, or else the one that it waits for.
 */
export function currentPhase(job: Job, vm: Vm | undefined): { name: PhaseName; since: Instant } | undefined {
  if (job.state === 'running') return { name: 'running', since: job.since };
  if (job.state === 'queued') {
    const name = vm && phaseIn[vm.state];
    return vm === undefined || name === undefined
      ? { name: 'placing', since: job.since }
      : { name, since: vm.since };
  }
  const isCleared = vm === undefined || vm.state === 'gone';
  return job.state === 'done' && !isCleared ? { name: 'clearing', since: job.since } : undefined;
}
