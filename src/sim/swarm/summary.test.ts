import { describe, expect, test } from 'vitest';
import { repairKinds } from '../../domain/repair/repair.ts';
import { countedNames } from './fault-kinds.ts';
import type { SeedResult } from './run-seed.ts';
import { exitCodes, outcomeOf, Tally } from './summary.ts';

const ended = (
  seed: number,
  outcome: SeedResult['outcome'],
  counts: Partial<SeedResult> = {},
): SeedResult => ({
  seed,
  outcome,
  findings: [],
  jobs: 1,
  vms: 2,
  webhooks: 3,
  repairs: {},
  lastedMs: 0,
  calmMs: 0,
  injected: {},
  lines: 0,
  digest: '',
  ...counts,
});

describe('the summary of many seeds', () => {
  test('adds up, and names every kind of fault and of repair that never came', () => {
    const tally = new Tally();
    tally.add(ended(1, 'ok', { injected: { partition: 2 }, repairs: { 'vm-replaced': 1 } }));
    tally.add(ended(2, 'ok', { injected: { partition: 1, 'job-on-another-vm': 4 } }));
    const summary = tally.done();
    expect(summary).toMatchObject({ seeds: 2, ok: 2, jobs: 2, vms: 4, webhooks: 6 });
    expect(summary.injected).toMatchObject({ partition: 3, 'job-on-another-vm': 4, 'host-lost': 0 });
    const came = ['partition', 'job-on-another-vm', 'vm-replaced'];
    const all: readonly string[] = [...countedNames, ...repairKinds];
    expect(new Set(summary.never)).toEqual(new Set(all.filter((name) => !came.includes(name))));
  });

  test('has nothing that never came when everything did', () => {
    const tally = new Tally();
    const once = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 1]));
    tally.add(ended(1, 'ok', { injected: once(countedNames), repairs: once(repairKinds) }));
    expect(tally.done().never).toEqual([]);
  });

  test('ends as its gravest seed did: crash before wrong before late', () => {
    const codeOf = (...outcomes: SeedResult['outcome'][]): number => {
      const tally = new Tally();
      for (const [index, outcome] of outcomes.entries()) tally.add(ended(index, outcome));
      return exitCodes[outcomeOf(tally.done())];
    };
    expect(codeOf('ok', 'ok')).toBe(0);
    expect(codeOf('ok', 'liveness')).toBe(11);
    expect(codeOf('liveness', 'correctness', 'ok')).toBe(12);
    expect(codeOf('correctness', 'crash', 'liveness')).toBe(10);
  });
});
