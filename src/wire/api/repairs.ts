import { z } from 'zod';
import { repairLoopKinds } from '../../domain/repair/loops.ts';
import { repairKinds } from '../../domain/repair/repair.ts';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';
import { before } from './list.ts';

export const apiRepair = z.object({
  /** Rises with each repair. */
  number: z.number().optional(),
  at: time,
  kind: z.enum(repairKinds),
  cause: z.string(),
  /** What was mended: the id of a job, VM, host or delivery, the name of a runner, or a task. */
  subject: z.object({ kind: z.string(), id: z.string() }),
  owner: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});
export type ApiRepair = z.infer<typeof apiRepair>;

const counts = z.partialRecord(z.enum(repairKinds), z.number());

export const listRepairs = {
  method: 'GET',
  path: '/repairs',
  summary: 'What was mended without anybody asking, newest first, with how many of each kind',
  access: 'member',
  params: nothing,
  query: z.strictObject({
    owner: z.string().max(100).optional(),
    kind: z.enum(repairKinds).optional(),
    since: time.optional(),
    /** `next` of the page before. */
    before,
    limit,
  }),
  body: nothing,
  answer: z.object({
    now: time,
    /** Of all that the filter lets through, not of this page alone. */
    counts,
    repairs: z.array(apiRepair),
    /** Where the next page begins; absent on the last one. */
    next: z.number().optional(),
  }),
} as const satisfies Endpoint;

export const repairNow = {
  method: 'POST',
  path: '/repair',
  summary: 'Runs every repair loop once, now, and tells what they mended',
  access: 'operator-of',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    /** Only for this account. */
    owner: z.string().min(1).max(100).optional(),
  }),
  answer: z.object({
    mended: z.array(apiRepair),
    /** Loops that could not do their work, such as for a limit of GitHub's. They come again by themselves. */
    failed: z.array(z.object({ loop: z.enum(repairLoopKinds), reason: z.string() })),
  }),
} as const satisfies Endpoint;
