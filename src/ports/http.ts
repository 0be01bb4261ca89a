// A request and its answer as plain values, so that what the control plane does with them can be called and tested without a
// server. `adapters/http-fastify` carries them.

/** Headers by lower-cased name. A header that was sent twice holds both values, joined by `, `. */
export type HttpHeaders = Readonly<Record<string, string | undefined>>;

/** A request whose body nobody has parsed. */
export interface RawRequest {
  headers: HttpHeaders;
  /** The bytes as they came: a signature is over these. */
  body: Uint8Array;
}

export interface RawResponse {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Plain text for people. */
  text: string;
}

/** An answer of our own API: a value of the endpoint's schema, or a refusal as `application/problem+json` (RFC 9457). */
export type ApiAnswer<T> = { ok: true; value: T } | { ok: false; problem: Problem };

export interface Problem {
  status: number;
  /** The same for every problem of its kind. */
  title: string;
  /** What happened here, and what to do. */
  detail: string;
}

export const answered = <T>(value: T): ApiAnswer<T> => ({ ok: true, value });
export const refused = (status: number, title: string, detail: string): ApiAnswer<never> => ({
  ok: false,
  problem: { status, title, detail },
});
