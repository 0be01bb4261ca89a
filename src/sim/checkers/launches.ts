// What the fleet costs: no VM is started that no job or repair asked for, none is kept that no job needs, and none that
// came to nothing goes uncounted.

import type { VmId } from '../../domain/ids.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { supplyStates } from '../../domain/lifecycle/vm.ts';
import { idleTooLong } from '../../domain/lifecycle/vm-release.ts';
import type { Repair, RepairKind } from '../../domain/repair/repair.ts';
import { setbackOf } from '../../domain/scheduling/setback.ts';
import { minutes } from '../../domain/time.ts';
import { jobs, openJobs, runners } from '../github/inspect.ts';
import type { Checker, Look } from './checker.ts';
import { Lasting } from './lasting.ts';
import { ServedJobs, setOf } from './served.ts';

/** After each of these another VM may be asked for, on account of the same job. */
const costAVm: ReadonlySet<RepairKind> = new Set([
  'vm-replaced',
  'job-corrected-by-poll',
  'job-corrected-by-read',
]);

export function makeFewLaunches(): Checker {
  const served = new ServedJobs();
  return {
    name: 'VMs ≤ jobs + counted repairs',
    family: 'correctness',
    end: ({ world, vms, repairs }) => {
      let ours = 0;
      for (const job of jobs(world.github.world)) if (served.of(world, job) !== undefined) ours += 1;
      const counted = repairs.filter(({ kind }) => costAVm.has(kind)).length;
      return vms.length <= ours + counted
        ? []
        : [`${vms.length} VMs were asked for, for ${ours} jobs and ${counted} repairs`];
    },
  };
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

/** A VM that no job needs is given back at once; when GitHub or the guest is slow to answer, a little later. */
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
    .filter((vm) => !needed.has(setOf(vm)) && !working.has(vm.runnerName))
    .map(({ id, state }) => `${id} is ${state}, and no job is open that it could run`);
}

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
