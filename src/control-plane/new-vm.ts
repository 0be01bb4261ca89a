import { type RunnerName, runnerName, type VmId, vmId } from '../domain/ids.ts';
import type { Job } from '../domain/lifecycle/job.ts';
import type { VmRequest } from '../domain/lifecycle/transition-vm.ts';
import type { VmShape } from '../domain/scheduling/shape.ts';
import type { Random } from '../ports/random.ts';
import type { Deps } from './deps.ts';

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';

/** 60 random bits: a million VMs collide with a probability of one in two million, and the store would refuse the second. */
export function newVmId(random: Random): VmId {
  const letters = [...random.bytes(12)].map((byte) => crockford[byte % 32]);
  return vmId(`vm-${letters.join('')}`);
}

/** `bellows-<installation>-<vm>`: the tag in it says which registrations are ours to sweep. About 30 of 64 characters. */
export const runnerNameOf = (tag: string, vm: VmId): RunnerName =>
  runnerName(`bellows-${tag}-${vm.slice(3)}`);

/** What is asked for on account of a job, with a new id and name. */
export function vmRequest(
  job: Job,
  shape: VmShape,
  attempt: number,
  deps: Pick<Deps, 'random' | 'settings'>,
): VmRequest {
  const id = newVmId(deps.random);
  const { installationTag, image } = deps.settings;
  const { scope, labels } = job;
  return {
    id,
    scope,
    labels,
    shape,
    image,
    cause: job.id,
    attempt,
    runnerName: runnerNameOf(installationTag, id),
  };
}
