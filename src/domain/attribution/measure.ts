// Samples from what the store knows of a job and of its VM: the history lines are the only measurement there is. Each phase is
// measured once, when the note comes that says that it is over.

import { instantIn, vmMoments } from '../insights/moments.ts';
import { labelKey } from '../labels/label-set.ts';
import type { HistoryLine } from '../lifecycle/effects.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { scopeOwner } from '../scope.ts';
import type { Instant } from '../time.ts';
import { classifyFailure } from './failure-class.ts';
import { type MeasuredPhase, type Owner, ownerOfVmFailure } from './owners.ts';
import type { Sample } from './sample.ts';

export interface Known {
  job: Job;
  jobLines: readonly HistoryLine[];
  vm?: Vm;
  vmLines: readonly HistoryLine[];
}

type Mark = readonly [phase: MeasuredPhase, from: Instant | undefined, to: Instant | undefined];

/** All before the job's own time: its VM was given the job. */
export function samplesOfStart({ job, jobLines, vm, vmLines }: Known): readonly Sample[] {
  const heard = jobLines.find(({ event, data }) => event === 'heard' && data.source === 'delivery');
  const [queuedAt, heardAt] = [instantIn(heard, 'asOf'), instantIn(heard, 'heardAt')];
  const isQueued = heard?.data.status === 'queued';
  // A VM that was made for another job was asked for at another time.
  const askedAt = vm?.cause === job.id && vm.attempt === 0 ? vm.requestedAt : undefined;
  const { placed, processUp, registered, guestUp, listening, given } = vmMoments(vmLines);
  const marks: readonly Mark[] = [
    ['delivery', isQueued ? queuedAt : undefined, heardAt],
    ['noticing', isQueued ? heardAt : undefined, askedAt],
    ['placing', vm?.requestedAt, placed],
    ['starting', placed, processUp],
    ['registering', processUp, registered],
    ['booting', processUp, guestUp],
    ['connecting', guestUp, listening],
    // A runner that listens before the job is queued waits for nobody.
    ['assigning', latestOf(listening, queuedAt), given],
  ];
  return timesOf(job, vm, marks);
}

/** The job is over: its own time, and whether it failed by its own doing. */
export function samplesOfEnd({ job, vm, vmLines }: Known): readonly Sample[] {
  const { completed, started } = job.knowledge;
  if (completed === undefined || started === undefined) return [];
  const { conclusion } = completed;
  const about = aboutOf(job, vm, completed.at);
  if (conclusion === 'success')
    return [
      ...timesOf(job, vm, [['running', started.at, completed.at]]),
      { ...about, kind: 'outcome', owner: 'workflow', failed: false },
    ];
  if (conclusion !== 'failure' && conclusion !== 'timed_out') return [];
  const { owner } = classifyFailure({ conclusion, vmWords: endWordsOf(vm, vmLines), logTail: [] });
  return owner === 'workflow' ? [{ ...about, kind: 'outcome', owner, failed: true }] : [];
}

const accountable: readonly Owner[] = ['host', 'network', 'bellows', 'github-api'];

/** Nothing is left of the VM: how long that took, and whose doing it was if it failed. */
export function samplesOfVm({ job, vm, vmLines }: Known): readonly Sample[] {
  const { gone } = vmMoments(vmLines);
  if (vm === undefined || gone === undefined) return [];
  const failedBy = vm.failure && ownerOfVmFailure[vm.failure.owner];
  const completed = vmLines.find(({ event }) => event === 'job-completed')?.at;
  const about = aboutOf(job, vm, gone);
  const outcomes = accountable.map(
    (owner): Sample => ({ ...about, kind: 'outcome', owner, failed: owner === failedBy }),
  );
  return [...timesOf(job, vm, [['clearing', completed, gone]]), ...outcomes];
}

/** What the host and its guest said of the VM's end. */
export function endWordsOf(vm: Vm | undefined, lines: readonly HistoryLine[]): readonly string[] {
  const words = lines.flatMap(({ data }) => [data.reason, data.finding]);
  return [...(vm?.failure ? [vm.failure.reason] : []), ...words.filter((word) => typeof word === 'string')];
}

function timesOf(job: Job, vm: Vm | undefined, marks: readonly Mark[]): readonly Sample[] {
  return marks.flatMap(([phase, from, to]): Sample[] =>
    from === undefined || to === undefined
      ? []
      : // GitHub's own stamps are whole seconds, so a phase between them and ours can come out below nothing.
        [{ ...aboutOf(job, vm, to), kind: 'time', phase, ms: Math.max(0, to - from) }],
  );
}

export const aboutOf = (job: Job, vm: Vm | undefined, at: Instant) => ({
  at,
  job: job.id,
  run: job.runId,
  account: scopeOwner(job.scope),
  repository: job.repository.fullName.toLowerCase(),
  name: `${job.workflowName} / ${job.name}`.slice(0, 200),
  labels: labelKey(job.labels),
  ...(vm?.host !== undefined && { host: vm.host }),
});

const latestOf = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || b === undefined || a > b ? a : b;
