import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { VirtualClock } from './clock.ts';
import { type Sleeper, Sleepers } from './sleepers.ts';

// `remove` names one of those that were ever added, gone or not.
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ add: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
  { weight: 2, arbitrary: fc.constant('take' as const) },
);

describe('sleepers', () => {
  test.prop([fc.array(step, { maxLength: 200 })])('are those of a sorted list', (steps) => {
    const sleepers = new Sleepers();
    const ever: { sleeper: Sleeper; leave: () => void }[] = [];
    let plain: Sleeper[] = [];
    for (const [order, next] of steps.entries()) {
      if (next === 'take') {
        expect(sleepers.takeFirst()).toBe(plain.shift());
      } else if ('add' in next) {
        const sleeper = { at: next.add, order, wake: () => {} };
        ever.push({ sleeper, leave: sleepers.add(sleeper) });
        plain = [...plain, sleeper].sort((one, other) => one.at - other.at || one.order - other.order);
      } else {
        const gone = ever[next.remove % Math.max(1, ever.length)];
        gone?.leave();
        plain = plain.filter((sleeper) => sleeper !== gone?.sleeper);
      }
      expect(sleepers.size).toBe(plain.length);
      expect(sleepers.first).toBe(plain[0]);
    }
  });

  const nap = fc.record({
    ms: fc.integer({ min: 0, max: 50 }),
    abortAt: fc.option(fc.integer({ max: 60, min: 0 })),
  });

  test.prop([fc.array(nap, { maxLength: 60 })])(
    'wake by instant and by coming, but for the aborted',
    async (naps) => {
      const clock = new VirtualClock();
      const start = clock.now();
      const seen: string[] = [];
      for (const [index, { ms, abortAt }] of naps.entries()) {
        const abort = new AbortController();
        clock.sleep(ms, abort.signal).then(
          () => seen.push(`${index}@${clock.now() - start}`),
          () => {},
        );
        if (abortAt !== null) void clock.sleep(abortAt).then(() => abort.abort());
      }
      await clock.advance(100);
      // A sleep that ends at the moment of its abort was begun before the one that aborts it.
      const expected = [...naps.entries()]
        .filter(([, { ms, abortAt }]) => abortAt === null || ms <= abortAt)
        .sort(([i, one], [j, other]) => one.ms - other.ms || i - j)
        .map(([index, { ms }]) => `${index}@${ms}`);
      expect(seen).toEqual(expected);
      expect(clock.sleeping).toBe(0);
    },
  );
});
