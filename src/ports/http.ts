// A request and its answer as plain values, so that what the control plane does with them can be called and tested without a
// server. `adapters/http-fastify` carries them. Requests of our own API have values of their own: `wire/api/endpoint.ts`.

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
