// What GitHub answers where people sign in, as far as we use it. Refusals come with status 200 and an `error`.

import { z } from 'zod';

export const tokenAnswer = z.union([
  z.object({ error: z.string(), interval: z.coerce.number().optional() }),
  z.object({
    access_token: z.string().min(1),
    expires_in: z.coerce.number().optional(),
    refresh_token: z.string().optional(),
  }),
]);

export const deviceAnswer = z.object({
  device_code: z.string().min(1),
  user_code: z.string().min(1),
  verification_uri: z.url(),
  expires_in: z.coerce.number(),
  interval: z.coerce.number(),
});

export const user = z.object({ id: z.number().int(), login: z.string().min(1) });
export const memberships = z.array(
  z.object({ state: z.string(), organization: z.object({ login: z.string() }) }),
);
export const teams = z.array(z.object({ slug: z.string(), organization: z.object({ login: z.string() }) }));
