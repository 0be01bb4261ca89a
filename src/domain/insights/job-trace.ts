// A job as a trace: one span for the whole, one for each phase. Made of the same history as the insights, when its VM is gone.

import type { HistoryLine } from '../lifecycle/effects.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { scopeOwner } from '../scope.ts';
import { after, type Instant, instantOf } from '../time.ts';
import { phaseOwners, phasesOf } from './phases.ts';

export interface JobTrace {
  /** The job's id: with it, the same trace is the same in each attempt to send it. */
  job: number;
  start: Instant;
  end: Instant;
  attributes: Readonly<Record<string, string | number>>;
  spans: readonly {
    name: string;
    start: Instant;
    end: Instant;
    attributes: Readonly<Record<string, string | number>>;
  }[];
}

/** Undefined when nothing of it was measured. */
export function jobTrace(
  vm: Vm,
  ofJob: readonly HistoryLine[],
  ofVm: readonly HistoryLine[],
): JobTrace | undefined {
  const phases = phasesOf(ofJob, ofVm);
  if (vm.job === undefined || phases.length === 0) return undefined;
  const spans = phases.map(({ name, start, ms }) => ({
    name,
    start,
    end: after(start, ms),
    attributes: { 'bellows.phase.owner': phaseOwners[name] },
  }));
  return {
    job: vm.job,
    start: instantOf(Math.min(...spans.map(({ start }) => start))),
    end: instantOf(Math.max(...spans.map(({ end }) => end))),
    attributes: {
      'bellows.job.id': vm.job,
      'bellows.vm.id': vm.id,
      'bellows.owner': scopeOwner(vm.scope),
      ...(vm.host !== undefined && { 'bellows.host.id': vm.host }),
    },
    spans,
  };
}
