import { z } from 'zod';
import { type Endpoint, limit, nothing } from './endpoint.ts';
import { owner } from './insights.ts';

export const size = z.object({ milliCpus: z.number(), memoryMib: z.number(), diskGib: z.number() });

export const peaks = z.object({ cpuPercent: z.number(), memoryMib: z.number(), diskMib: z.number() });

/** Of the runs together, and the traffic of one run; absent where the guests were too old to tell. */
export const averages = {
  means: z.object({ cpuPercent: z.number(), memoryMib: z.number() }).optional(),
  traffic: z.object({ receivedBytes: z.number(), sentBytes: z.number() }).optional(),
};

export const apiAdvice = z.object({
  owner: z.string(),
  repository: z.string(),
  workflow: z.string(),
  name: z.string(),
  /** The label that it asks for, and the one that would do. */
  label: z.string(),
  advised: z.string(),
  /** How many of its runs were measured, and for how long they ran in all. */
  runs: z.number(),
  minutes: z.number(),
  peaks,
  ...averages,
  has: size,
  frees: size,
});
export type ApiAdvice = z.infer<typeof apiAdvice>;

export const advise = {
  method: 'GET',
  path: '/advice',
  summary: 'Jobs that would do with less than they ask for, by what their runs used at most',
  access: 'member',
  params: nothing,
  query: z.strictObject({
    owner: owner.optional(),
    days: z.coerce.number<number>().int().min(1).max(120).default(28),
    limit,
  }),
  body: nothing,
  answer: z.object({
    count: z.number(),
    /** What would free the most memory over time first. */
    advice: z.array(apiAdvice),
    /** Of all that is advised, over the period: what would have been free on average. */
    frees: z.object({ milliCpus: z.number(), memoryMib: z.number() }),
  }),
} as const satisfies Endpoint;
