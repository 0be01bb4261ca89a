// What an answer of GitHub means. The message counts before the status: GitHub says 403 for a missing permission, for a
// used-up limit and for a switched-off feature alike, and 404 for what we may not see.

import { after, type Instant, instantOf, seconds } from '../../domain/time.ts';
import { GitHubError, type GitHubErrorKind } from '../../ports/github.ts';

export interface RefusedAnswer {
  status: number;
  message: string;
  headers: Readonly<Record<string, string | undefined>>;
}

/** GitHub asks for at least a minute where it names no time (GitHub docs, "Rate limits for the REST API"). */
const secondaryPauseMs = seconds(60);

const byMessage: readonly [RegExp, GitHubErrorKind][] = [
  [/rate limit|abuse detection|too many requests/i, 'rate-limited'],
  [
    /bad credentials|json web token|expiration time.*claim|issued at.*claim|integration not found/i,
    'unauthorised',
  ],
  [/resource not accessible|must have admin|ip allow list|been suspended|saml/i, 'forbidden'],
];

export function kindOf({ status, message, headers }: RefusedAnswer): GitHubErrorKind {
  for (const [pattern, kind] of byMessage) if (pattern.test(message)) return kind;
  if (status === 429) return 'rate-limited';
  if (status === 403) {
    const isLimit = headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined;
    return isLimit ? 'rate-limited' : 'forbidden';
  }
  if (status === 401) return 'unauthorised';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 408 || status >= 500) return 'unavailable';
  return 'invalid';
}

/** When to ask again after a refusal for a limit: `retry-after`, else the reset of a used-up limit, else a minute. */
export function retryAtOf({ headers }: RefusedAnswer, now: Instant): Instant {
  const retryAfter = Number(headers['retry-after']);
  if (retryAfter > 0) return after(now, seconds(retryAfter));
  const reset = Number(headers['x-ratelimit-reset']);
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0) {
    return instantOf(Math.max(seconds(reset), after(now, seconds(1))));
  }
  return after(now, secondaryPauseMs);
}

export function errorOf(operation: string, refused: RefusedAnswer, now: Instant): GitHubError {
  const kind = kindOf(refused);
  return new GitHubError(`GitHub refused to ${operation}: ${refused.status} ${refused.message}`, {
    kind,
    status: refused.status,
    ...(kind === 'rate-limited' ? { retryAt: retryAtOf(refused, now) } : {}),
  });
}
