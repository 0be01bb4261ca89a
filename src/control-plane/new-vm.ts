import { type RunnerName, runnerName, type VmId, vmId } from '../domain/ids.ts';
import type { Job } from '../domain/lifecycle/job.ts';
import type { Vm } from '../domain/lifecycle/vm.ts';
import type { VmShape } from '../domain/scheduling/shape.ts';
import { after, type Instant } from '../domain/time.ts';
import type { Random } from '../ports/random.ts';
import type { Settings } from './settings.ts';

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';

/** 60 random bits: a million VMs collide with a probability of one in two million, and the store would refuse the second. */
export function newVmId(random: Random): VmId {
  const letters = [...random.bytes(12)].map((byte) => crockford[byte % 32]);
  return vmId(`vm-${letters.join('')}`);
}

/** `bellows-<installation>-<vm>`: the tag in it says which registrations are ours to sweep. About 30 of 64 characters. */
export const runnerNameOf = (tag: string, vm: VmId): RunnerName =>
  runnerName(`bellows-${tag}-${vm.slice(3)}`);

/** A VM as it is requested on account of a job. */
export function newVm(
  job: Job,
  shape: VmShape,
  attempt: number,
  now: Instant,
  deps: { random: Random; settings: Settings },
): Vm {
  const id = newVmId(deps.random);
  return {
    id,
    scope: job.scope,
    labels: job.labels,
    shape,
    image: deps.settings.image,
    cause: job.id,
    attempt,
    state: 'requested',
    runnerName: runnerNameOf(deps.settings.installationTag, id),
    requestedAt: now,
    since: now,
    deadline: after(now, deps.settings.timing.requestedMs),
    version: 0,
  };
}
