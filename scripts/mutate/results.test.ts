import { describe, expect, it } from 'vitest';
import { digestOf, type MutantOutcome, resultOf, secondsLeft, sumUp } from './results.ts';

const unit = {
  name: 'labels',
  sources: ['a.ts'],
  tests: ['a.test.ts'],
  inputs: ['a.test.ts', 'a.ts', 'b.ts'],
};
const files: Record<string, string> = { 'a.ts': '1', 'a.test.ts': '2', 'b.ts': '3' };
const digest = (changed: Record<string, string> = {}, tools = ['node 24'], of = unit) =>
  digestOf(of, (path) => ({ ...files, ...changed })[path], tools);

const mutant = (status: string): MutantOutcome => ({
  fileName: 'src/domain/a.ts',
  mutatorName: 'StringLiteral',
  replacement: '"a\n  b"',
  status,
  location: { start: { line: 3, column: 7 } },
});
const mutants = (statuses: Record<string, number>) =>
  Object.entries(statuses).flatMap(([status, count]) => Array.from({ length: count }, () => mutant(status)));

describe('the digest of a unit', () => {
  it('stays while nothing changes, and differs with every input, the tools, and what is a test', () => {
    expect(digest()).toBe(digest());
    const others = [
      ...Object.keys(files).map((path) => digest({ [path]: 'other' })),
      digest({ 'a.ts': '12', 'a.test.ts': '' }),
      digest({}, ['node 26']),
      digest({}, ['node 24'], { ...unit, sources: ['a.ts', 'a.test.ts'], tests: [] }),
    ];
    expect(new Set([digest(), ...others]).size).toBe(others.length + 1);
  });
});

describe('the result of a unit', () => {
  it('counts what became of its mutants, and names those that nobody noticed', () => {
    const all = mutants({ Killed: 5, Timeout: 2, Survived: 1, NoCoverage: 1, RuntimeError: 3, Ignored: 1 });
    const result = resultOf('labels', 'd', all, 4);
    expect(result.counts).toEqual({ killed: 5, timeout: 2, survived: 1, noCoverage: 1 });
    expect(result.invalid).toBe(3);
    expect(result.alive).toEqual([
      'src/domain/a.ts:3:7 StringLiteral → "a b"',
      'src/domain/a.ts:3:7 StringLiteral (no test comes here) → "a b"',
    ]);
  });
});

describe('the sum', () => {
  const of = (name: string, statuses: Record<string, number>) => resultOf(name, 'd', mutants(statuses), 1);

  it('is sound from nine tenths on', () => {
    const sum = sumUp(
      [of('a', { Killed: 80, Survived: 20, RuntimeError: 3 }), of('b', { Killed: 90, Timeout: 10 })],
      1,
    );
    expect(sum).toEqual({
      ok: true,
      score: 90,
      mutants: 200,
      killed: 170,
      timeout: 10,
      survived: 20,
      noCoverage: 0,
      invalid: 3,
      units: 2,
      reused: 1,
      belowBreak: ['a'],
    });
  });

  it('never rounds up to what is wanted', () => {
    expect(sumUp([of('a', { Killed: 89_999, Survived: 10_001 })], 0)).toMatchObject({
      ok: false,
      score: 89.99,
    });
  });

  it('takes a unit without mutants for done', () => {
    expect(sumUp([of('a', {})], 0)).toMatchObject({ ok: true, score: 100, belowBreak: [] });
  });
});

it('the time left goes by the lines that are done', () => {
  expect(secondsLeft({ lines: 0, seconds: 0 }, 100)).toBeUndefined();
  expect(secondsLeft({ lines: 50, seconds: 20 }, 100)).toBe(40);
});
