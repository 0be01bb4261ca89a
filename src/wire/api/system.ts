import { z } from 'zod';
import { type Endpoint, nothing } from './endpoint.ts';

export const health = {
  method: 'GET',
  path: '/health',
  summary: '200 while the control plane can do its work, 503 otherwise',
  access: 'anyone',
  params: nothing,
  query: nothing,
  body: nothing,
  answer: z.object({ ok: z.literal(true) }),
} as const satisfies Endpoint;

export const finding = z.object({
  /** What was looked at: `key`, `permissions`, … */
  check: z.string(),
  /** Whom it is about: an account, or empty for the App itself. */
  subject: z.string(),
  result: z.enum(['ok', 'warning', 'failure']),
  /** What it means, in words. */
  meaning: z.string(),
  /** What to do; empty when all is well. */
  mend: z.string(),
});
export type Finding = z.infer<typeof finding>;

export const checkGithub = {
  method: 'POST',
  path: '/check/github',
  summary: 'Looks at the GitHub App as GitHub sees it and says what is wrong and how to mend it',
  access: 'operator',
  params: nothing,
  query: nothing,
  body: nothing,
  answer: z.object({ findings: z.array(finding) }),
} as const satisfies Endpoint;
