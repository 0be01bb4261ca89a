// Jobs, VMs and hosts for the tests of the domain: plausible ones, of which a test says only what it is about.

import type { JobId, VmId } from './ids.ts';
import {
  hostId,
  imageDigest,
  installationId,
  jobId,
  repositoryId,
  runId,
  runnerId,
  runnerName,
  vmId,
} from './ids.ts';
import { labelSet } from './labels/label-set.ts';
import type { Timing } from './lifecycle/deadlines.ts';
import { defaultTiming } from './lifecycle/deadlines.ts';
import type { Ask, Effect, EffectKind, Outcome } from './lifecycle/effects.ts';
import type { VmEvent } from './lifecycle/events.ts';
import { firstHeard } from './lifecycle/first-heard.ts';
import type { Job, JobFact, JobIdentity, JobStatus, Service } from './lifecycle/job.ts';
import { requestVm, transitionVm } from './lifecycle/transition-vm.ts';
import type { Vm } from './lifecycle/vm.ts';
import type { Host, HostCapacity } from './scheduling/host.ts';
import type { VmShape } from './scheduling/shape.ts';
import type { Scope } from './scope.ts';
import { after, type DurationMs, type Instant, instantOf } from './time.ts';

export const t0: Instant = instantOf(Date.UTC(2026, 2, 1, 12));
/** `t0` and so many seconds. */
export const at = (seconds: number): Instant => after(t0, seconds * 1000);
export const timing: Timing = defaultTiming;

export const acme: Scope = {
  kind: 'organization',
  installationId: installationId(1),
  login: 'Acme',
  groupId: 1,
};
export const organization = (login: string): Scope => ({ ...acme, login });
export const labels = labelSet(['bellows-2cpu-4gb']);

export const shape: VmShape = {
  milliCpus: 2000,
  memoryMib: 4096,
  diskGib: 20,
  arch: 'x64',
  burstable: false,
  hostLabels: [],
};

export const identity = (over: Partial<JobIdentity> = {}): JobIdentity => ({
  id: jobId(1),
  runId: runId(100),
  runAttempt: 1,
  name: 'build',
  workflowName: 'CI',
  headBranch: 'main',
  headSha: 'a'.repeat(40),
  url: 'https://github.com/acme/app/actions/runs/100/job/1',
  scope: acme,
  repository: { id: repositoryId(7), fullName: 'acme/app', private: true, fork: false },
  labels,
  ...over,
});

export const ours: Service = { kind: 'ours', shape };

/** A delivery that arrived a second after what it tells. */
export const delivery = (status: JobStatus, asOf: Instant, over: Partial<JobFact> = {}): JobFact => ({
  source: 'delivery',
  status,
  asOf,
  heardAt: after(asOf, 1000),
  ...over,
});

export const read = (status: JobStatus, asOf: Instant, over: Partial<JobFact> = {}): JobFact => ({
  source: 'read',
  status,
  asOf,
  heardAt: asOf,
  ...over,
});

export const someRunner = { id: runnerId(50), name: runnerName('bellows-x-vm-1') };

export function aJob(over: Partial<Job> = {}, fact: JobFact = delivery('queued', t0)): Job {
  return { ...firstHeard(identity(), ours, fact, fact.heardAt, timing).next, ...over };
}

/** A job in GitHub's queue, with ids made from `n`. */
export const queuedJob = (n: number, since: Instant = at(n), over: Partial<Job> = {}): Job => ({
  ...aJob({}, delivery('queued', since)),
  id: jobId(n),
  ...over,
});

export function aVm(over: Partial<Vm> = {}): Vm {
  const request = {
    id: vmId('vm-1'),
    scope: acme,
    labels,
    shape,
    image,
    cause: jobId(1),
    attempt: 0,
    runnerName: runnerName('bellows-x-vm-1'),
  };
  return { ...requestVm(request, t0, timing).next, ...over };
}

export const image = imageDigest(`sha256:${'1'.repeat(64)}`);
export const hostA = hostId('host-a');

/** Events by which a VM comes to each state. */
export const toPlaced: readonly VmEvent[] = [{ kind: 'placed', host: hostA }];
export const toStarting: readonly VmEvent[] = [...toPlaced, { kind: 'process-up' }];
export const toBooted: readonly VmEvent[] = [
  ...toStarting,
  { kind: 'registered', runnerId: runnerId(50) },
  { kind: 'guest-up', bootId: 'boot-1' },
];
export const toIdle: readonly VmEvent[] = [...toBooted, { kind: 'runner-listening' }];
export const bound = (job: number): VmEvent => ({ kind: 'job-bound', job: jobId(job) });
export const completed = (job: number): VmEvent => ({ kind: 'job-completed', job: jobId(job) });
export const toBusy: readonly VmEvent[] = [...toIdle, bound(1)];
export const toStopping: readonly VmEvent[] = [...toBusy, { kind: 'runner-ended', ranJob: true, code: 0 }];
export const toFailed: readonly VmEvent[] = [
  ...toBooted,
  { kind: 'host-failed', failure: { reason: 'the VMM died', owner: 'host' } },
];
export const toUnknown: readonly VmEvent[] = [...toIdle, { kind: 'host-silent' }];
export const toGone: readonly VmEvent[] = [...toStopping, { kind: 'proved-gone' }];

/** The VM after these events, one second apart. */
export function vmAfter(events: readonly VmEvent[], over: Partial<Vm> = {}): Vm {
  return events.reduce((vm, event, index) => transitionVm(vm, event, at(index + 1), timing).next, aVm(over));
}

/** A VM with ids made from `n`, after these events. */
export function numberedVm(n: number, events: readonly VmEvent[] = [], over: Partial<Vm> = {}): Vm {
  const id: VmId = vmId(`vm-${String(n).padStart(4, '0')}`);
  const cause: JobId = jobId(n);
  return vmAfter(events, { id, cause, runnerName: runnerName(`bellows-x-${id}`), ...over });
}

export const capacity = (over: Partial<HostCapacity> = {}): HostCapacity => ({
  arch: 'x64',
  milliCpus: 8000,
  memoryMib: 16 * 1024,
  diskGib: 200,
  maxBooting: 8,
  labels: [],
  images: [image],
  ...over,
});

export const aHost = (name: string, over: Partial<Host> = {}, room: Partial<HostCapacity> = {}): Host => ({
  id: hostId(`host-${name}`),
  name,
  owners: [],
  signingKey: {},
  sealingKey: {},
  state: 'online',
  capacity: capacity(room),
  enrolledAt: t0,
  generation: 0,
  revision: 0,
  ...over,
});

/** The effects asked for, deadlines left out. */
export const effectsOf = (outcome: Outcome<unknown>): readonly Effect[] =>
  outcome.asks.flatMap(({ what }) =>
    what.kind === 'vm-deadline' || what.kind === 'job-deadline' ? [] : [what],
  );

export const effectKinds = (outcome: Outcome<unknown>): readonly EffectKind[] =>
  effectsOf(outcome).map(({ kind }) => kind);

export const deadlineAsk = (outcome: Outcome<unknown>): DurationMs | undefined =>
  outcome.asks.find(({ what }: Ask) => what.kind === 'vm-deadline' || what.kind === 'job-deadline')?.delay;
