import { z } from 'zod';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';

const auditLine = z.object({
  /** Rises with each line. */
  number: z.number(),
  at: time,
  /** Who: a login, a token with its name, the admin token. */
  by: z.string(),
  /** From where, as an IP address. */
  from: z.string(),
  /** Name of the endpoint. */
  action: z.string(),
  data: z.record(z.string(), z.unknown()),
  /** HTTP status of the answer; absent while there is none, and for ever when the process died before. */
  status: z.number().optional(),
});

export const listAudit = {
  method: 'GET',
  path: '/audit',
  summary: 'What people and their programs told us to do, newest first',
  access: 'operator',
  params: nothing,
  query: z.strictObject({
    by: z.string().max(200).optional(),
    action: z.string().max(100).optional(),
    since: time.optional(),
    /** `next` of the page before. */
    before: z.coerce.number<number>().int().positive().optional(),
    limit,
  }),
  body: nothing,
  answer: z.object({
    now: time,
    lines: z.array(auditLine),
    /** Where the next page begins; absent on the last one. */
    next: z.number().optional(),
  }),
} as const satisfies Endpoint;
