import { z } from 'zod';
import { jobStates } from '../../domain/lifecycle/job.ts';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';

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
    state: z.enum(jobStates).optional(),
    run: z.coerce.number<number>().int().optional(),
    limit,
  }),
  body: nothing,
  answer: z.object({ now: time, jobs: z.array(apiJob) }),
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
  summary: 'What happened to a job and to the VMs on its account, oldest first',
  access: 'member',
  params: z.strictObject({ job: z.coerce.number<number>().int().positive() }),
  query: z.strictObject({ limit: limit.default(500) }),
  body: nothing,
  answer: z.object({ job: apiJob, events: z.array(apiEvent) }),
} as const satisfies Endpoint;
