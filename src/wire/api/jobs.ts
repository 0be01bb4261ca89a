import { z } from 'zod';
import { failureClasses } from '../../domain/attribution/failure-class.ts';
import { owners as causes } from '../../domain/attribution/owners.ts';
import { phaseNames, phaseOwners } from '../../domain/insights/phases.ts';
import { jobStates } from '../../domain/lifecycle/job.ts';
import { owners } from '../../domain/lifecycle/vm.ts';
import { averages, peaks, size } from './advice.ts';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';
import { after, before, severalOf, text } from './list.ts';
import { apiRepair } from './repairs.ts';
import { apiVm, resources } from './vms.ts';

export const apiJob = z.object({
  id: z.number(),
  runId: z.number(),
  runAttempt: z.number(),
  name: z.string(),
  workflow: z.string(),
  repository: z.string(),
  branch: z.string(),
  sha: z.string(),
  url: z.string(),
  labels: z.array(z.string()),
  state: z.enum(jobStates),
  /** How it ended, in GitHub's words; only when it is done. */
  conclusion: z.string().optional(),
  /** Why it has no VM now; empty when it has one or needs none. */
  waitingFor: z.string(),
  /** The runner that GitHub gave it to, and our VM of that runner, when it is one of ours. */
  runner: z.string().optional(),
  vm: z.string().optional(),
  /** What it is in now, and since when; absent when nothing goes on. */
  phase: z.enum(phaseNames).optional(),
  phaseSince: time.optional(),
  /** The mean of its latest runs that succeeded; only while it is open, and when there are any. */
  usualMs: z.number().optional(),
  firstSeenAt: time,
  since: time,
});
export type ApiJob = z.infer<typeof apiJob>;

export const listJobs = {
  method: 'GET',
  path: '/jobs',
  summary: 'The jobs that we know, newest first',
  access: 'member',
  params: nothing,
  query: z.strictObject({
    owner: z.string().max(100).optional(),
    /** `owner/name` */
    repository: z.string().max(200).optional(),
    state: severalOf(jobStates),
    /** Somewhere in its id, repository, name, workflow, branch or labels. */
    text,
    run: z.coerce.number<number>().int().optional(),
    after,
    limit,
  }),
  body: nothing,
  answer: z.object({
    now: time,
    jobs: z.array(apiJob),
    /** Where the next page begins; absent on the last one. */
    next: z.string().optional(),
  }),
} as const satisfies Endpoint;

/** Whose time each phase is, for the phase that a list names. */
export const ownersOfPhases = phaseOwners;

/** A stretch of a job's life. */
export const apiPhase = z.object({
  name: z.enum(phaseNames),
  /** Whose time it is. */
  owner: z.enum(owners),
  from: time,
  /** Absent while it goes on. */
  to: time.optional(),
});
export type ApiPhase = z.infer<typeof apiPhase>;

/** What the latest runs of a job used of their VMs, and the label that would do. */
export const apiMeasured = z.object({
  days: z.number(),
  runs: z.number(),
  peaks,
  ...averages,
  has: size,
  /** The label that it asks for; absent when none of its labels names a size. */
  label: z.string().optional(),
  /** Absent when what it has is right, or too few runs were measured. */
  advised: z.string().optional(),
  frees: size.optional(),
});
export type ApiMeasured = z.infer<typeof apiMeasured>;

/** Why a job failed, as far as hosts, guests and GitHub tell. */
export const apiFailure = z.object({
  class: z.enum(failureClasses),
  owner: z.enum(causes),
  /** The line by which it is judged; absent when nothing but GitHub's conclusion is known. */
  line: z.string().optional(),
  /** What the image lacks. */
  missing: z
    .object({ kind: z.enum(['command', 'library']), name: z.string(), package: z.string().optional() })
    .optional(),
  /** What to do, in one sentence. */
  advice: z.string(),
});
export type ApiFailure = z.infer<typeof apiFailure>;

export const getJob = {
  method: 'GET',
  path: '/jobs/:job',
  summary: 'A job, where its time went, the VMs on its account, what they used, and what was mended',
  access: 'member',
  params: z.strictObject({ job: z.coerce.number<number>().int().positive() }),
  query: nothing,
  body: nothing,
  answer: z.object({
    now: time,
    job: apiJob,
    phases: z.array(apiPhase),
    /** The VM that ran it, or that it waits for. */
    vm: apiVm.optional(),
    resources: resources.optional(),
    /** Only of a job that failed. */
    failure: apiFailure.optional(),
    /** Absent when no run was measured. */
    measured: apiMeasured.optional(),
    /** Newest first. */
    repairs: z.array(apiRepair),
    /** Every VM on its account, newest first. */
    attempts: z.array(apiVm),
  }),
} as const satisfies Endpoint;

/** One thing that happened to a job or to a VM on its account. */
export const apiEvent = z.object({
  at: time,
  subject: z.string(),
  event: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type ApiEvent = z.infer<typeof apiEvent>;

export const jobEvents = {
  method: 'GET',
  path: '/jobs/:job/events',
  summary: 'The latest that happened to a job and to the VMs on its account, oldest first',
  access: 'member',
  params: z.strictObject({ job: z.coerce.number<number>().int().positive() }),
  query: z.strictObject({ before, limit: limit.default(500) }),
  body: nothing,
  answer: z.object({
    job: apiJob,
    events: z.array(apiEvent),
    /** `before` of the page with older ones; absent when there are none. */
    next: z.number().optional(),
  }),
} as const satisfies Endpoint;
