import { describe, expect, it } from 'vitest';
import { instantOf } from '../../domain/time.ts';
import { errorOf, kindOf, retryAtOf } from './classify.ts';

const now = instantOf(1_000_000);
const answer = (status: number, message = '', headers: Record<string, string> = {}) => ({
  status,
  message,
  headers,
});

describe('a refusal by GitHub', () => {
  it.each([
    [403, 'API rate limit exceeded for installation ID 1.', 'rate-limited'],
    [429, 'API rate limit exceeded', 'rate-limited'],
    [403, 'You have exceeded a secondary rate limit. Please wait a few minutes', 'rate-limited'],
    [403, 'You have triggered an abuse detection mechanism.', 'rate-limited'],
    [403, 'Resource not accessible by integration', 'forbidden'],
    [404, 'Resource not accessible by integration', 'forbidden'],
    [403, 'Repository level self-hosted runners are disabled on this repository.', 'forbidden'],
    [403, 'Although you appear to have the correct authorization credentials, IP allow list', 'forbidden'],
    [403, 'This installation has been suspended', 'forbidden'],
    [401, 'Bad credentials', 'unauthorised'],
    [401, 'A JSON web token could not be decoded', 'unauthorised'],
    [401, "'Expiration time' claim ('exp') is too far in the future", 'unauthorised'],
    [404, 'Integration not found', 'unauthorised'],
    [404, 'Not Found', 'not-found'],
    [410, 'Gone', 'not-found'],
    [409, 'Already exists - A runner with the name *** already exists.', 'invalid'],
    [422, 'Invalid input', 'invalid'],
    [400, 'Problems parsing JSON', 'invalid'],
    [408, '', 'unavailable'],
    [500, 'Server Error', 'unavailable'],
    [503, 'No server is currently available', 'unavailable'],
    [401, '', 'unauthorised'],
    [429, '', 'rate-limited'],
    [403, '', 'forbidden'],
  ] as const)('%i "%s" is %s', (status, message, kind) => {
    expect(kindOf(answer(status, message))).toBe(kind);
  });

  it('of 403 without a word is a limit when the headers say so', () => {
    expect(kindOf(answer(403, '', { 'x-ratelimit-remaining': '0' }))).toBe('rate-limited');
    expect(kindOf(answer(403, '', { 'retry-after': '5' }))).toBe('rate-limited');
    expect(kindOf(answer(403, '', { 'x-ratelimit-remaining': '17' }))).toBe('forbidden');
  });

  it('says when to come back: retry-after, the reset, or a minute', () => {
    const used = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1300' };
    expect(retryAtOf(answer(403, '', { 'retry-after': '7', ...used }), now)).toBe(1_007_000);
    expect(retryAtOf(answer(403, '', used), now)).toBe(1_300_000);
    expect(retryAtOf(answer(403, '', { ...used, 'x-ratelimit-reset': '999' }), now)).toBe(1_001_000);
    expect(retryAtOf(answer(403, '', { 'x-ratelimit-remaining': '5' }), now)).toBe(1_060_000);
  });

  it('names what we wanted, the status and GitHub’s words', () => {
    const error = errorOf('list the runners of acme', answer(403, 'Resource not accessible'), now);
    expect(error.message).toBe('GitHub refused to list the runners of acme: 403 Resource not accessible');
    expect(error).toMatchObject({ kind: 'forbidden', status: 403, retryAt: undefined });
    expect(errorOf('x', answer(429), now).retryAt).toBe(1_060_000);
  });
});
