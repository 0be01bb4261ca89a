// What of a VM's life goes on now and since when, as far as the rows tell; no history is read, for this is asked each minute of
// every VM. Of GitHub's webhooks and of what comes before a VM is asked for nothing is known while it goes on.

import { labelKey } from '../labels/label-set.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { between, type Instant } from '../time.ts';
import { aboutOf } from './measure.ts';
import type { OpenPhase } from './overdue.ts';
import { type MeasuredPhase, phaseRules } from './owners.ts';
import type { StreamKey } from './sample.ts';
import type { Stream } from './stream.ts';

export interface GoingOn {
  readonly vm: Vm;
  readonly phase: MeasuredPhase;
  /** When it began, or later: then it has taken longer than we say. */
  readonly from: Instant;
}

export function goingOn(vm: Vm): GoingOn | undefined {
  const begun = begunOf(vm);
  return begun && { vm, ...begun };
}

function begunOf(vm: Vm): Omit<GoingOn, 'vm'> | undefined {
  const { since } = vm;
  switch (vm.state) {
    case 'requested':
      return { phase: 'placing', from: vm.requestedAt };
    case 'placed':
      return { phase: 'starting', from: since };
    case 'starting':
      return { phase: 'booting', from: since };
    case 'booted':
      // A guest has nothing to start its runner with before GitHub has registered it.
      return { phase: vm.runnerId === undefined ? 'registering' : 'connecting', from: since };
    case 'idle':
      return { phase: 'assigning', from: since };
    case 'busy':
    case 'stopping':
      if (vm.jobCompletedAt !== undefined) return { phase: 'clearing', from: vm.jobCompletedAt };
      return vm.state === 'busy' ? { phase: 'running', from: since } : undefined;
    // Of a host that is silent we do not know how far it is; what has failed counts when it is gone.
    case 'unknown':
    case 'failed':
    case 'gone':
      return undefined;
  }
}

/**
 * Whether it may be overdue, as far as its VM tells; what a repository's jobs usually take is asked later. Nearly all that
 * goes on is not.
 */
export function mayBeOverdue(
  { vm, phase, from }: GoingOn,
  streams: ReadonlyMap<StreamKey, Stream>,
  now: Instant,
): boolean {
  const { by, softMs } = phaseRules[phase];
  if (by === 'repository') return true;
  const subject =
    by === 'all'
      ? by
      : by === 'host'
        ? (`host:${vm.host}` as const)
        : (`labels:${labelKey(vm.labels)}` as const);
  const usual = streams.get(`time ${phase} ${subject}`)?.usual;
  return usual !== undefined && 'centre' in usual && between(from, now) + softMs > Math.exp(usual.centre);
}

/**
 * Undefined when it does not count.
 * @param job whose account it is on: the job that it runs, or the one that it was made for.
 * @param ofRun jobs of that job's run; they are asked for a runner that waits only.
 */
export function openPhaseOf(
  { vm, phase, from }: GoingOn,
  job: Job,
  ofRun: readonly Job[],
  now: Instant,
): OpenPhase | undefined {
  const since =
    phase === 'running' ? runsSince(job) : phase === 'assigning' ? waitsSince(job, ofRun, from) : from;
  if (since === undefined) return undefined;
  return { ...aboutOf(job, vm, now), kind: 'time', phase, ms: Math.max(0, between(since, now)) };
}

const runsSince = ({ state, knowledge }: Job): Instant | undefined =>
  state === 'running' ? knowledge.started?.at : undefined;

/** GitHub owes a runner its job only while the job is queued, and may hold it back while another of its run goes on (max-parallel). */
function waitsSince(job: Job, ofRun: readonly Job[], listening: Instant): Instant | undefined {
  const queued = job.knowledge.before.queued?.asOf;
  if (job.state !== 'queued' || queued === undefined || ofRun.some(({ state }) => state === 'running'))
    return undefined;
  return queued > listening ? queued : listening;
}
