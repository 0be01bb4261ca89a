import { z } from 'zod';
import { settingNames } from '../../domain/insights/increases.ts';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';
import { apiTally, day, owner } from './insights.ts';

export const usage = {
  method: 'GET',
  path: '/usage',
  summary: 'What the repositories and the users of one account have built',
  access: 'member',
  params: nothing,
  query: z.strictObject({ owner, days: z.coerce.number<number>().int().min(1).max(366).default(28) }),
  body: nothing,
  answer: z.object({
    from: day,
    to: day,
    total: apiTally,
    /** Most minutes first, both. */
    repositories: z.array(z.object({ repository: z.string(), tally: apiTally })),
    users: z.array(z.object({ user: z.string(), tally: apiTally })),
  }),
} as const satisfies Endpoint;

const increaseDays = z.coerce.number<number>().int().min(14).max(120).default(28);

export const apiIncrease = z.object({
  owner: z.string(),
  repository: z.string(),
  workflow: z.string(),
  name: z.string(),
  usualMs: z.number(),
  nowMs: z.number(),
  percent: z.number(),
  weeks: z.array(z.object({ monday: day, builds: z.number(), averageMs: z.number() })),
});
export type ApiIncrease = z.infer<typeof apiIncrease>;

export const increases = {
  method: 'GET',
  path: '/increases',
  summary: 'Jobs whose newest week took longer than was usual in the weeks before',
  access: 'member',
  params: nothing,
  query: z.strictObject({
    days: increaseDays,
    percent: z.coerce.number<number>().min(1).max(10_000).default(20),
    owner: owner.optional(),
    limit,
  }),
  body: nothing,
  answer: z.object({ count: z.number(), increases: z.array(apiIncrease) }),
} as const satisfies Endpoint;

export const apiJobRun = z.object({
  job: z.number(),
  endedAt: time,
  ms: z.number(),
  waitMs: z.number(),
  sha: z.string(),
  /** The labels that it asked for. */
  size: z.string(),
  image: z.string().optional(),
  host: z.string().optional(),
  /** What was otherwise than in the run before it here. */
  changed: z.array(z.enum(settingNames)),
});
export type ApiJobRun = z.infer<typeof apiJobRun>;

export const jobRuns = {
  method: 'GET',
  path: '/increases/runs',
  summary: 'The longest run of one job on each day, and what had changed',
  access: 'member',
  params: nothing,
  query: z.strictObject({
    /** `owner/name` */
    repository: z.string().max(200),
    workflow: z.string().max(200),
    name: z.string().max(200),
    days: increaseDays,
  }),
  body: nothing,
  answer: z.object({ runs: z.array(apiJobRun) }),
} as const satisfies Endpoint;
