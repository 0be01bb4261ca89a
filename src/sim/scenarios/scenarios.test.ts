// Every story is played to its end, and told as it was told before. A product that changes tells them anew: look at what
// changed in the golden files, and write them with `vitest run src/sim/scenarios -u`.

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { allScenarios, regressions, stories } from './all-scenarios.ts';

const goldenOf = (name: string): string =>
  fileURLToPath(new URL(`../../../test/scenarios/golden/${name}.txt`, import.meta.url));

describe('a story', () => {
  test.each(stories)('$name: $about', { timeout: 300_000 }, async ({ name, play }) => {
    const lines: string[] = [];
    const { outcome, findings, error } = await play({ tell: (line) => lines.push(line) });
    expect({ outcome, findings, error }).toEqual({ outcome: 'ok', findings: [], error: undefined });
    await expect(`${lines.join('\n').trimEnd()}\n`).toMatchFileSnapshot(goldenOf(name));
  });
});

test.each(regressions)('$name, a seed that failed once, is sound', { timeout: 300_000 }, async ({ play }) => {
  const { outcome, findings, error } = await play({ tell: () => {} });
  expect({ outcome, findings, error }).toEqual({ outcome: 'ok', findings: [], error: undefined });
});

test('every scenario has a name of its own, and says its lesson in a sentence', () => {
  const names = allScenarios.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, about } of allScenarios) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(about).toMatch(/^[A-Z].*\.$/);
  }
});
