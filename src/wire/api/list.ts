// What lists have in common besides their limit: from where on, which of several words.

import { z } from 'zod';

/** Where the page before ended: its `next`, as it was given. */
export const after = z
  .string()
  .max(120)
  .regex(/^\d{1,16}\.[\w-]{1,80}$/, 'give the `next` of the page before, as it is')
  .optional();

/** Several of `words`, with commas between them. */
export const severalOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z
    .string()
    .max(400)
    .transform((text) => text.split(',').map((word) => word.trim()))
    .pipe(z.array(z.enum(words)).min(1))
    .optional();

/** What a list is searched for; capitals do not count. */
export const text = z.string().trim().min(1).max(100).optional();

/** A number that rises with each row; lists by number go back in time. */
export const before = z.coerce.number<number>().int().positive().optional();
