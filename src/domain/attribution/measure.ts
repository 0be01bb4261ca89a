// Samples from what the store knows of a job and of its VM: the history lines are the only measurement there is. Each phase is
// measured once, when the note comes that says that it is over.

import { instantIn, vmMoments } from '../insights/moments.ts';
import { labelKey } from '../labels/label-set.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { scopeOwner } from '../scope.ts';
import type { Instant } from '../time.ts';
import { classifyFailure, type FailureClass } from './failure-class.ts';
import { endWordsOf, type Known, knownFailure } from './known-failure.ts';
import { type MeasuredPhase, type Owner, ownerOfVmFailure } from './owners.ts';
import type { Sample } from './sample.ts';

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
export function samplesOfEnd(known: Known): readonly Sample[] {
  const { job, vm } = known;
  const { completed, started } = job.knowledge;
  if (completed === undefined || started === undefined) return [];
  const { conclusion } = completed;
  const about = aboutOf(job, vm, completed.at);
  if (conclusion === 'success')
    return [
      ...timesOf(job, vm, [['running', started.at, completed.at]]),
      { ...about, kind: 'outcome', owner: 'workflow', failed: false },
    ];
  const failure = knownFailure(known);
  if (failure?.owner !== 'workflow') return [];
  return [{ ...about, kind: 'outcome', owner: 'workflow', failed: true, class: failure.class }];
}

const accountable: readonly Owner[] = ['host', 'network', 'bellows', 'github-api'];

/** Nothing is left of the VM: how long that took, and whose doing it was if it, or the job in it, failed. */
export function samplesOfVm(known: Known): readonly Sample[] {
  const { job, vm, vmLines } = known;
  const { gone } = vmMoments(vmLines);
  if (vm === undefined || gone === undefined) return [];
  const failure = failureOf(vm, known);
  const completed = vmLines.find(({ event }) => event === 'job-completed')?.at;
  const about = aboutOf(job, vm, gone);
  const outcomes = accountable.map((owner): Sample => {
    const base = { ...about, kind: 'outcome', owner } as const;
    return failure?.owner === owner
      ? { ...base, failed: true, ...classIn(failure) }
      : { ...base, failed: false };
  });
  return [...timesOf(job, vm, [['clearing', completed, gone]]), ...outcomes];
}

interface Failure {
  owner: Owner;
  class?: FailureClass;
}

/** A VM's own failure is told by its row; else its job may have failed by somebody else's doing, as its log or its guest told. */
function failureOf(vm: Vm, known: Known): Failure | undefined {
  if (vm.failure === undefined) return vm.job === known.job.id ? knownFailure(known) : undefined;
  const owner = ownerOfVmFailure[vm.failure.owner];
  const told = classifyFailure({ vmWords: endWordsOf(vm, known.vmLines), logTail: [] });
  return { owner, ...(told.owner === owner && classIn(told)) };
}

const classIn = ({ class: found }: Failure): Pick<Failure, 'class'> =>
  found === undefined ? {} : { class: found };

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
