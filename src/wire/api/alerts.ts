import { z } from 'zod';
import { alertRules } from '../../domain/alerts/rules.ts';
import { type Endpoint, nothing, time } from './endpoint.ts';

export const listAlerts = {
  method: 'GET',
  path: '/alerts',
  summary: 'What is wrong now, and where word of it goes',
  access: 'operator',
  params: nothing,
  query: nothing,
  body: nothing,
  answer: z.object({
    now: time,
    /** The names of the senders that are configured. */
    senders: z.array(z.string()),
    alerts: z.array(
      z.object({
        rule: z.enum(alertRules),
        subject: z.string(),
        text: z.string(),
        since: time,
        /** Absent while it is not told yet. */
        toldAt: time.optional(),
      }),
    ),
    /** Messages that wait to be sent, and how many were given up. */
    waiting: z.number(),
    givenUp: z.number(),
  }),
} as const satisfies Endpoint;

export const testAlerts = {
  method: 'POST',
  path: '/alerts/test',
  summary: 'Sends a test message by every sender that is configured',
  access: 'operator',
  params: nothing,
  query: nothing,
  body: nothing,
  answer: z.object({ alert: z.string(), senders: z.array(z.string()) }),
} as const satisfies Endpoint;
