// Who one is, and how one comes in and goes out.

import { z } from 'zod';
import { type Endpoint, nothing, time } from './endpoint.ts';

export const me = {
  method: 'GET',
  path: '/me',
  summary: 'Who you are here and what you may see and do',
  access: 'self',
  params: nothing,
  query: nothing,
  body: nothing,
  answer: z.object({
    kind: z.enum(['admin', 'person', 'token']),
    name: z.string(),
    /** The accounts whose work you see. */
    accounts: z.union([z.literal('all'), z.array(z.string())]),
    mayOperate: z.boolean(),
    /** For the header `X-CSRF-Token` of whatever a browser changes. */
    csrfToken: z.string().optional(),
  }),
} as const satisfies Endpoint;

export const signOut = {
  method: 'POST',
  path: '/sign-out',
  summary: 'Ends your session, or revokes the token with which you call',
  access: 'self',
  params: nothing,
  query: nothing,
  body: nothing,
  answer: z.object({ ok: z.literal(true) }),
} as const satisfies Endpoint;

export const signInWays = {
  method: 'GET',
  path: '/sign-in-ways',
  summary: 'How people sign in here',
  access: 'anyone',
  params: nothing,
  query: nothing,
  body: nothing,
  answer: z.object({
    /** Where to send a browser, with `?next=/a/path` to come back to; absent when only tokens are taken. */
    browser: z.string().optional(),
    device: z.boolean(),
  }),
} as const satisfies Endpoint;

export const startDeviceSignIn = {
  method: 'POST',
  path: '/device-sign-in',
  summary: 'Begins a sign-in on a machine without a browser',
  access: 'anyone',
  params: nothing,
  query: nothing,
  body: nothing,
  answer: z.object({
    /** Keep it secret: it is exchanged for the session. */
    deviceCode: z.string(),
    /** For the person to type at `url`. */
    userCode: z.string(),
    url: z.string(),
    intervalSeconds: z.number(),
    expiresInSeconds: z.number(),
  }),
} as const satisfies Endpoint;

export const pollDeviceSignIn = {
  method: 'POST',
  path: '/device-sign-in/poll',
  summary: 'Whether the person has signed in by now; the session is told this once',
  access: 'anyone',
  params: nothing,
  query: nothing,
  body: z.strictObject({ deviceCode: z.string().min(1).max(200) }),
  answer: z.object({
    state: z.enum(['pending', 'signed-in']),
    /** Until then, do not ask again; when it changes. */
    intervalSeconds: z.number().optional(),
    /** To be sent as a bearer token. */
    session: z.string().optional(),
    login: z.string().optional(),
    expiresAt: time.optional(),
  }),
} as const satisfies Endpoint;
