import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { days, hours } from '../time.ts';
import { afterLook, certificateTimes, nextLookMs } from './certificate.ts';

const read = { kind: 'certificate', endsAt: at(100) } as const;
const unreachable = { kind: 'unreachable', why: 'ETIMEDOUT' } as const;

describe('the certificate of our public address', () => {
  it('is as it was read last', () => {
    const before = afterLook(undefined, 'ci.acme.test', unreachable);
    expect(afterLook(before, 'ci.acme.test', read)).toEqual({ host: 'ci.acme.test', endsAt: at(100) });
  });

  it('is what was known before when it cannot be read, and why it could not', () => {
    const before = afterLook(undefined, 'ci.acme.test', read);
    expect(afterLook(before, 'ci.acme.test', unreachable)).toEqual({
      host: 'ci.acme.test',
      why: 'ETIMEDOUT',
      endsAt: at(100),
    });
  });

  it('is not known of another address, nor before it was ever read', () => {
    const before = afterLook(undefined, 'old.acme.test', read);
    const unknown = { host: 'ci.acme.test', why: 'ETIMEDOUT' };
    expect(afterLook(before, 'ci.acme.test', unreachable)).toStrictEqual(unknown);
    expect(afterLook(undefined, 'ci.acme.test', unreachable)).toStrictEqual(unknown);
  });

  it('is looked at four times a day, sooner after a failure, and early enough to mend it', () => {
    expect(nextLookMs({ host: 'ci.acme.test' })).toBe(hours(6));
    expect(nextLookMs({ why: 'ETIMEDOUT' })).toBe(hours(1));
    expect(certificateTimes.warnMs).toBe(days(14));
  });
});
