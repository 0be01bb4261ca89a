// What GitHub answers to a call: a value, or a refusal in GitHub's own shape.

export interface Refusal {
  ok: false;
  status: number;
  message: string;
  /** GitHub's list of what is wrong with the fields of a request. */
  errors?: readonly unknown[];
  /** Seconds after which to try again; a rate limit. */
  retryAfterSeconds?: number;
}

export type Answer<T> = { ok: true; value: T } | Refusal;

export const answer = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
export const refuse = (status: number, message: string, errors?: readonly unknown[]): Refusal => ({
  ok: false,
  status,
  message,
  ...(errors ? { errors } : {}),
});
export const notFound = refuse(404, 'Not Found');
