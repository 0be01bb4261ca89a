import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Histogram, middleOf, nothingSeen, withValues } from './histogram.ts';
import { defaultRules as rules } from './rules.ts';
import { type Usual, usualOf, weightOf } from './usual.ts';

/** As if by chance, most of them near 0 and few beyond 3 or -3. */
const normal = (n: number): number => {
  const [one, other] = [(n * 0.618_034) % 1, (n * 0.754_878) % 1];
  return Math.sqrt(-2 * Math.log(one * 0.998 + 0.001)) * Math.cos(2 * Math.PI * other);
};
/** Logarithms around 8 with this spread. */
const spread = (by: number, count = 1_000): Histogram =>
  withValues(
    nothingSeen,
    Array.from({ length: count }, (_, n) => 8 + by * normal(n)),
  );
const farOut = 1e6;

describe('the weight of a value', () => {
  const values = fc.array(fc.double({ min: 4, max: 14, noNaN: true }), { minLength: 60, maxLength: 120 });
  const change = fc.constantFrom('factor' as const, 'share' as const);

  test.prop([values, change])(
    'is such that the usual, and one value far out, add up to no evidence',
    (seen, of) => {
      const histogram = withValues(nothingSeen, seen);
      const usual = usualOf(histogram, rules, of);
      const all = histogram.bins.reduce(
        (sum, [bin, count]) => sum + count * Math.exp(weightOf(middleOf(bin), usual)),
        Math.exp(weightOf(farOut, usual)),
      );
      const mean = all / (seen.length + 1);
      // Of a normal distribution, of which more will be seen, it would be half of the tilt's square.
      const ofNormal = usual.tilt ** 2 / 2;
      expect(mean).toBeLessThan(1 + 1e-9);
      expect(usual.offset).toBeGreaterThanOrEqual(ofNormal);
      if (usual.offset > ofNormal) expect(mean).toBeCloseTo(1, 9);
    },
  );

  test.prop([
    values,
    fc.double({ min: 0, max: 20, noNaN: true }),
    fc.double({ min: 0, max: 5, noNaN: true }),
  ])('is no less for what takes longer', (seen, x, more) => {
    const usual = usualOf(withValues(nothingSeen, seen), rules);
    expect(weightOf(x + more, usual)).toBeGreaterThanOrEqual(weightOf(x, usual));
  });

  it('is no more for one that hung than for one that is three spreads out, nor less for one that took no time', () => {
    const usual: Usual = { centre: 8, scale: 0.5, tilt: 2, offset: 1 };
    expect(weightOf(9.5, usual)).toBe(weightOf(farOut, usual));
    expect(weightOf(9.4, usual)).toBeLessThan(weightOf(farOut, usual));
    expect(weightOf(6.5, usual)).toBe(weightOf(-farOut, usual));
    expect(weightOf(6.6, usual)).toBeGreaterThan(weightOf(-farOut, usual));
  });
});

describe('what is looked for', () => {
  const tiltsOf = (change: 'factor' | 'share') =>
    [0.1, 0.2, 0.3, 0.5, 0.8, 1.2].map((by) => usualOf(spread(by), rules, change).tilt);

  it('is that all takes longer, where nothing else is said', () => {
    expect(usualOf(spread(0.3), rules)).toEqual(usualOf(spread(0.3), rules, 'factor'));
    expect(usualOf(spread(0.3), rules)).not.toEqual(usualOf(spread(0.3), rules, 'share'));
  });

  it('is seen by few jobs where they are all alike, and by many small steps where they differ', () => {
    const tilts = tiltsOf('factor');
    expect(tilts).toEqual(tilts.toSorted((a, b) => b - a));
    expect(new Set(tilts).size).toBe(tilts.length);
  });

  it('speaks for a change when everything takes as much longer as the rule looks for', () => {
    for (const by of [0.1, 0.2, 0.3]) {
      const usual = usualOf(spread(by), rules);
      const mean = (shift: number) =>
        Array.from({ length: 1_000 }, (_, n) => weightOf(8 + by * normal(n) + shift, usual)).reduce(
          (sum, weight) => sum + weight / 1_000,
          0,
        );
      expect(mean(0)).toBeLessThan(0);
      expect(mean(Math.log(rules.effect))).toBeGreaterThan(0);
    }
  });

  it('is for a share the same however the others differ, since it is far out anyway', () => {
    const tilts = tiltsOf('share');
    expect(new Set(tilts).size).toBe(1);
    expect(tilts[0]).toBeGreaterThan(1);
  });

  it('is judged by the middle and the middle two thirds, and never finer than a tenth', () => {
    const { centre, scale } = usualOf(spread(0.5), rules);
    expect(Math.abs(centre - 8)).toBeLessThan(0.05);
    expect(Math.abs(scale - 0.5)).toBeLessThan(0.05);
    expect(usualOf(withValues(nothingSeen, Array(100).fill(8)), rules).scale).toBe(0.1);
  });
});
