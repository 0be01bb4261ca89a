import { describe, expect, test } from 'vitest';
import { allMutants } from '../mutants/all-mutants.ts';
import { runSmallDay } from '../mutants/small-day.ts';
import { allCheckers } from './all-checkers.ts';

const caught = async (mutant?: (typeof allMutants)[number]): Promise<ReadonlySet<string>> =>
  new Set((await runSmallDay(mutant?.make())).findings.map(({ checker }) => checker));

describe('the checkers', () => {
  test('find nothing on a day on which the product keeps its promises', async () => {
    expect((await runSmallDay()).findings).toEqual([]);
  });

  test('can all fail: each has a mutant', () => {
    const names = allCheckers().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(allMutants.map(({ caughtBy }) => caughtBy))).toEqual(new Set(names));
  });

  test.each(allMutants.map((mutant) => [mutant.name, mutant] as const))(
    'catch a product that %s',
    async (_name, mutant) => {
      const { caughtBy, alsoSeenBy = [] } = mutant;
      const by = await caught(mutant);
      expect(by).toContain(caughtBy);
      expect([...by].filter((name) => name !== caughtBy && !alsoSeenBy.includes(name))).toEqual([]);
    },
  );
});
