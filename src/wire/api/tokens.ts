// Tokens for our API that people make for their programs.

import { z } from 'zod';
import { tokenScopes } from '../../domain/access/token-scope.ts';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';

const scopes = z.array(z.enum(tokenScopes)).min(1).max(tokenScopes.length);

export const apiToken = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(tokenScopes)),
  /** Accounts to which it is limited; empty: all that its maker sees. */
  owners: z.array(z.string()),
  createdBy: z.string(),
  createdAt: time,
  expiresAt: time,
  revokedAt: time.optional(),
});
export type ApiTokenShown = z.infer<typeof apiToken>;

export const makeToken = {
  method: 'POST',
  path: '/tokens',
  summary: 'Makes a token for our API. It is shown this once',
  access: 'member',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    /** What it is for. */
    name: z.string().trim().min(1).max(100),
    scopes: scopes.default(['read']),
    owners: z.array(z.string().min(1).max(100)).max(100).default([]),
    validForDays: z.number().int().min(1).max(366).default(90),
  }),
  answer: apiToken.extend({ token: z.string() }),
} as const satisfies Endpoint;

export const listTokens = {
  method: 'GET',
  path: '/tokens',
  summary:
    'Your tokens for our API, newest first, without what is secret in them; those of all for operators',
  access: 'self',
  params: nothing,
  query: z.strictObject({ limit }),
  body: nothing,
  answer: z.object({ now: time, tokens: z.array(apiToken) }),
} as const satisfies Endpoint;

export const revokeToken = {
  method: 'DELETE',
  path: '/tokens/:token',
  summary: 'Revokes a token, by its id, at once',
  access: 'self',
  params: z.strictObject({ token: z.string().min(1).max(100) }),
  query: nothing,
  body: nothing,
  answer: z.object({ id: z.string(), revokedAt: time }),
} as const satisfies Endpoint;
