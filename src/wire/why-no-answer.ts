// Node's `fetch` says "fetch failed" whatever has happened, and hides the reason among the causes. Whoever waits for an answer
// wants the reason, and in words.

/** By the codes of Node's system errors (nodejs.org, errors.html, common system errors). */
const plain: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'no resolver answers',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'no answer',
  ENETUNREACH: 'no way to that network',
  EHOSTUNREACH: 'no way to that host',
};

/** @param error what `fetch` threw; `TimeoutError` is what `AbortSignal.timeout` makes of it. */
export function whyNoAnswer(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer';
  const code = 'code' in error ? String(error.code) : '';
  if (plain[code] !== undefined) return plain[code];
  // A name with several addresses: each was tried.
  if (error instanceof AggregateError && error.errors.length > 0) return whyNoAnswer(error.errors[0]);
  return error.cause === undefined ? error.message : whyNoAnswer(error.cause);
}
