import { describe, expect, it } from 'vitest';
import * as suite from './suite.ts';

const collected = (define: () => void) => suite.collect('a.test.ts', async () => define());

describe('a collected test file', () => {
  it('gives its tests in order, each with an id of its own', async () => {
    const tests = await collected(() => {
      suite.describe('labels', () => {
        suite.it('are read', () => {});
        suite.it.each([1, 2])('of %s', () => {});
      });
      suite.test.skipIf(true)('left out', () => {});
      suite.test.skipIf(false)('last', () => {});
    });
    expect(tests.map(({ id }) => id)).toEqual([
      'a.test.ts > labels > are read',
      'a.test.ts > labels > of %s',
      'a.test.ts > labels > of %s #2',
      'a.test.ts > last',
    ]);
  });

  it('hands rows over as vitest does', async () => {
    const got: unknown[] = [];
    const tests = await collected(() => {
      suite.it.each([[1, 'a']])('list', (...values) => got.push(values));
      suite.it.each([{ n: 1 }])('object', (...values) => got.push(values));
    });
    for (const test of tests) test.run();
    expect(got).toEqual([[1, 'a'], [{ n: 1 }]]);
  });

  it('fails a property that is untrue of one value, or gives false, and passes one that holds', async () => {
    const tests = await collected(() => {
      suite.test.prop([suite.fc.nat(100)])('throws', (n: number) => {
        suite.expect(n).toBeLessThan(90);
      });
      suite.test.prop([suite.fc.nat(100)])('gives false', (n: number) => n < 90);
      suite.test.prop([suite.fc.nat(100), suite.fc.nat(5)])('holds', (n: number, m: number) => n + m <= 105);
    });
    const outcomes = await Promise.allSettled(tests.map(async ({ run }) => run()));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });
});
