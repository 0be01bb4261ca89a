// What an endpoint of our API is. The server makes routes and the OpenAPI document of it, the client its requests: neither
// knows a path or a field by itself. Requests are strict, so that a misspelt parameter is told and not passed over; answers
// are open, so that an older client can read a newer server.

import { z } from 'zod';
import type { AccessRule } from '../../domain/access/caller.ts';

export const apiPrefix = '/api/bellows/v1';

export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below `apiPrefix`; `:name` stands for a parameter. */
  path: string;
  /** One line for the OpenAPI document. */
  summary: string;
  access: AccessRule;
  params: Params;
  query: Query;
  body: Body;
  answer: Answer;
}

export const nothing = z.strictObject({}).nullish();

export interface ApiRequest<E extends Endpoint> {
  params: z.output<E['params']>;
  query: z.output<E['query']>;
  body: z.output<E['body']>;
}

/** A refusal as `application/problem+json` (RFC 9457). */
export const problem = z.object({
  status: z.number().int(),
  /** The same for every problem of its kind. */
  title: z.string(),
  /** What happened here, and what to do. */
  detail: z.string(),
});
export type Problem = z.infer<typeof problem>;

export type ApiAnswer<T> = { ok: true; value: T } | { ok: false; problem: Problem };

export const answered = <T>(value: T): ApiAnswer<T> => ({ ok: true, value });
export const refused = (status: number, title: string, detail: string): ApiAnswer<never> => ({
  ok: false,
  problem: { status, title, detail },
});

/** An instant in ISO 8601, UTC. */
export const time = z.iso.datetime();
/** How many rows a page of a list has at most. */
export const limit = z.coerce.number<number>().int().min(1).max(500).default(50);
