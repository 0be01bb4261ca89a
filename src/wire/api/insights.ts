// What jobs add up to: today, over some days, for each organisation, repository, workflow and user. Times are those of UTC.

import { z } from 'zod';
import { sortKeys } from '../../domain/insights/comparison.ts';
import { hotSpotKinds } from '../../domain/insights/hot-spots.ts';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';

export const owner = z.string().min(1).max(100);
/** `2026-01-31` */
export const day = z.iso.date();

export const apiTally = z.object({
  builds: z.number(),
  /** Of all of them together, to a tenth. */
  minutes: z.number(),
  success: z.number(),
  /** Timed out ones too. */
  failure: z.number(),
  cancelled: z.number(),
  skipped: z.number(),
  other: z.number(),
  averageMs: z.number(),
  longestMs: z.number(),
});
export type ApiTally = z.infer<typeof apiTally>;

const hour = z.object({ start: time, tally: apiTally });

export const today = {
  method: 'GET',
  path: '/insights/today',
  summary: 'The jobs that are open now, and what ended today, against yesterday and a week ago at this time',
  access: 'member',
  params: nothing,
  query: z.strictObject({ owner: owner.optional() }),
  body: nothing,
  answer: z.object({
    now: time,
    open: z.object({ waiting: z.number(), queued: z.number(), running: z.number() }),
    today: apiTally,
    /** Until the same time of that day. */
    yesterday: apiTally,
    lastWeek: apiTally,
    /** Every hour of today so far, and all of yesterday and of that day a week ago. */
    hours: z.object({ today: z.array(hour), yesterday: z.array(hour), lastWeek: z.array(hour) }),
    /** Today by organisation, most minutes first. */
    owners: z.array(z.object({ owner: z.string(), tally: apiTally })),
  }),
} as const satisfies Endpoint;

export const insightGroups = ['owner', 'repository', 'workflow', 'user'] as const;
export type InsightGroup = (typeof insightGroups)[number];
export const insightDays = [1, 7, 14, 28, 90] as const;
const period = z.coerce
  .number<number>()
  .pipe(z.literal([...insightDays]))
  .default(28);

export const apiInsight = z.object({
  owner: z.string(),
  /** What `by` says nothing of is left out. */
  repository: z.string().optional(),
  workflow: z.string().optional(),
  user: z.string().optional(),
  now: apiTally,
  /** As many days before. */
  before: apiTally,
  /** Why it deserves a look: see docs/insights.md. */
  hot: z.array(z.enum(hotSpotKinds)),
});
export type ApiInsight = z.infer<typeof apiInsight>;

export const insights = {
  method: 'GET',
  path: '/insights',
  summary: 'Builds and minutes by organisation, repository, workflow or user, beside the period before',
  access: 'member',
  params: nothing,
  query: z.strictObject({
    by: z.enum(insightGroups).default('repository'),
    days: period,
    owner: owner.optional(),
    /** `owner/name` */
    repository: z.string().max(200).optional(),
    sort: z.enum(sortKeys).default('minutes'),
    /** `next` of the page before. */
    after: z.coerce.number<number>().int().min(0).default(0),
    limit,
  }),
  body: nothing,
  answer: z.object({
    /** The first day and the last one. */
    from: day,
    to: day,
    total: z.object({ now: apiTally, before: apiTally }),
    rows: z.array(apiInsight),
    /** How many rows there are on all pages. */
    count: z.number(),
    next: z.number().optional(),
  }),
} as const satisfies Endpoint;

export const insightsDaily = {
  method: 'GET',
  path: '/insights/daily',
  summary: 'The same day by day, days without builds among them',
  access: 'member',
  params: nothing,
  query: z.strictObject({
    days: period,
    owner: owner.optional(),
    repository: z.string().max(200).optional(),
    workflow: z.string().max(200).optional(),
    /** Of all repositories together: not with `repository` or `workflow`. */
    user: z.string().max(200).optional(),
  }),
  body: nothing,
  answer: z.object({
    /** The accounts that had builds then. */
    owners: z.array(z.string()),
    days: z.array(z.object({ day, tally: apiTally })),
  }),
} as const satisfies Endpoint;

const place = z.strictObject({ at: time, id: z.number().int().positive() });

export const recount = {
  method: 'POST',
  path: '/insights/recount',
  summary: 'Counts anew some of the jobs that are over; asked again with `next` until there is none',
  access: 'operator',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    /** `next` of the answer before. */
    after: place.optional(),
  }),
  answer: z.object({ counted: z.number(), next: place.optional() }),
} as const satisfies Endpoint;
