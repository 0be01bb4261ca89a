// What the fleet costs: no VM is started that no job or repair asked for, none is kept that no job needs, and none that
// came to nothing goes uncounted.

import type { RunnerName, VmId } from '../../domain/ids.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { supplyStates } from '../../domain/lifecycle/vm.ts';
import { idleTooLong } from '../../domain/lifecycle/vm-release.ts';
import type { Repair, RepairKind } from '../../domain/repair/repair.ts';
import { setbackOf } from '../../domain/scheduling/setback.ts';
import { minutes } from '../../domain/time.ts';
import { jobs, openJobs, runners } from '../github/inspect.ts';
import type { Job } from '../github/state.ts';
import type { World } from '../world/world.ts';
import type { Checker, Look } from './checker.ts';
import { Lasting } from './lasting.ts';
import { askedOf, ServedJobs, type SetKey, setOf } from './served.ts';

/** After each of these another VM may be asked for, on account of the same job. */
const costAVm: ReadonlySet<RepairKind> = new Set([
  'vm-replaced',
  'job-corrected-by-poll',
  'job-corrected-by-read',
]);

export function makeFewLaunches(): Checker {
  return {
    name: 'VMs ≤ jobs + counted repairs',
    family: 'correctness',
    end: ({ world, vms, repairs }) => {
      const setOfRunner = new Map(vms.map((vm) => [vm.runnerName, setOf(vm)]));
      let ours = 0;
      for (const job of jobs(world.github.world)) ours += vmsFor(world, job, setOfRunner);
      const counted = repairs.filter(({ kind }) => costAVm.has(kind)).length;
      return vms.length <= ours + counted
        ? []
        : [`${vms.length} VMs were asked for, where jobs needed ${ours} and ${counted} repairs were counted`];
    },
  };
}

/** One; and one more for what GitHub does with jobs, which is nobody's repair. */
function vmsFor(world: World, job: Job, setOfRunner: ReadonlyMap<RunnerName, SetKey>): number {
  const asked = askedOf(world, job);
  if (asked === undefined) return 0;
  // GitHub may call it queued, then waiting for its approval, then queued again.
  const wasRecalled = job.environment === undefined ? 0 : 1;
  // It took the VM that was made for a job with more labels, which needs another one.
  const tookAnothers = job.starts.some(({ runnerName }) => {
    const set = setOfRunner.get(runnerName);
    return set !== undefined && set !== asked.set;
  });
  return 1 + wasRecalled + (tookAnothers ? 1 : 0);
}

/** Every VM that is started was asked for: a row knows it. */
export function makeNoStrangers(): Checker {
  const started = new Set<VmId>();
  let wasRestored = false;
  return {
    name: 'every VM has a row',
    family: 'correctness',
    hear: (told) => {
      if (told.kind === 'restored') wasRestored = true;
      if (told.kind === 'host' && told.event.kind === 'vm-started') started.add(told.event.vm);
      return [];
    },
    end: ({ vms }) => {
      if (wasRestored) return [];
      const rows = new Set(vms.map(({ id }) => id));
      return [...started].filter((id) => !rows.has(id)).map((id) => `${id} was started and has no row`);
    },
  };
}

/**
 * A VM that no job needs is given back at once; when GitHub or the guest is slow to answer, a little later. One whose guest
 * hangs is kept until its hard deadline: nobody can say that no job is in it
 * (docs/adr/0010-a-mute-guest-keeps-its-vm.md).
 */
const untilReleased = { fair: minutes(8), afterStorm: minutes(60) };

export function makeSurplusReleased(): Checker {
  const served = new ServedJobs();
  const surplus = new Lasting<string>(untilReleased);
  return {
    name: 'surplus VMs are released',
    family: 'liveness',
    look: (look) => surplus.late(look, unneeded(look, served)),
  };
}

function unneeded({ world, vms }: Look, served: ServedJobs): string[] {
  const idle = vms.filter(({ state }) => supplyStates.has(state));
  if (idle.length === 0) return [];
  const needed = new Set(
    openJobs(world.github.world).flatMap((job) =>
      job.phase === 'waiting' ? [] : (served.of(world, job)?.set ?? []),
    ),
  );
  const working = new Set(
    runners(world.github.world)
      .filter(({ busy }) => busy)
      .map(({ name }) => name),
  );
  return idle
    .filter((vm) => !needed.has(setOf(vm)) && !working.has(vm.runnerName) && !hangs(world, vm.id))
    .map(({ id, state }) => `${id} is ${state}, and no job is open that it could run`);
}

const hangs = (world: World, vm: VmId): boolean =>
  world.hosts.some(({ host }) => host.guest(vm)?.hangs === true);

export function makeRepairsCounted(): Checker {
  return {
    name: 'what came to nothing is counted',
    family: 'correctness',
    end: ({ vms, repairs }) => {
      const counted = new Set(repairs.filter(isAboutVm).map(({ subject }) => subject.id));
      return vms
        .filter((vm) => cameToNothing(vm) && !counted.has(vm.id))
        .map(({ id, failure, runnerEnded }) => {
          const why = failure?.reason ?? (runnerEnded === undefined ? idleTooLong : 'its runner ended');
          return `${id} came to nothing (${why}), and no repair tells of it`;
        });
    },
  };
}

const isAboutVm = ({ kind, subject }: Repair): boolean =>
  subject.kind === 'vm' && (kind === 'vm-replaced' || kind === 'vm-reaped');

/** Surplus that breaks while it is given back leaves no gap. */
function cameToNothing(vm: Vm): boolean {
  const { state, release, failure } = vm;
  const wasSurplus = release !== undefined && release.why !== idleTooLong && release.why !== failure?.reason;
  return state === 'gone' && !wasSurplus && setbackOf(vm) !== undefined;
}
