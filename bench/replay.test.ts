import { expect, test } from 'vitest';
import { run } from './replay.ts';

test('the replay bench measures both sizes and says what the time is spent on', {
  timeout: 300_000,
}, async () => {
  const said: string[] = [];
  const result = await run({ pairs: 1, days: 1, runs: 1, warm: false, say: (line) => said.push(line) });
  expect(said).toHaveLength(1);
  expect(result.small).toBeGreaterThan(0);
  expect(result.large).toBeGreaterThan(result.small);
  expect(result.ratio).toBeGreaterThan(0);
  expect(result.msPerThousandWebhooks).toBeGreaterThan(0);
  expect(Number.isFinite(result.heapGrowth)).toBe(true);
  expect(result.jobs.large).toBeGreaterThan(result.jobs.small);
  expect(Object.keys(result.parts)).toEqual(
    expect.arrayContaining(['GitHub simulator', 'store', 'control plane', 'agent', 'clock', 'checkers']),
  );
  const whole = Object.values(result.parts).reduce((sum, share) => sum + share, 0);
  expect(whole).toBeCloseTo(1, 1);
});
