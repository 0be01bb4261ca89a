import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelKey, labelSet } from './label-set.ts';

describe('a label set', () => {
  it('is trimmed, lower-cased, sorted, and without doubles or empty labels', () => {
    expect(labelSet([' Linux', 'self-hosted', 'GPU ', 'gpu', ' '])).toEqual(['gpu', 'linux', 'self-hosted']);
  });

  it('has one text', () => {
    expect(labelKey(labelSet(['gpu', 'bellows-2cpu-4gb']))).toBe('bellows-2cpu-4gb,gpu');
  });

  test.prop([fc.array(fc.stringMatching(/^[a-zA-Z0-9-]{1,6}$/))])(
    'does not depend on the order asked',
    (raw) => {
      expect(labelKey(labelSet([...raw].reverse()))).toBe(labelKey(labelSet(raw)));
      expect(labelSet(labelSet(raw))).toEqual(labelSet(raw));
    },
  );
});
