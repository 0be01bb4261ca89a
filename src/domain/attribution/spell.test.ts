import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { jobId } from '../ids.ts';
import { anOutcome, aTime } from './attribution.fixture.ts';
import type { FailureClass } from './failure-class.ts';
import type { Weighed } from './sample.ts';
import { addTo, noSpell } from './spell.ts';

const empty = noSpell(at(5));

const aFailure = (id: number, account: string, why?: FailureClass): Weighed => ({
  sample: anOutcome(id, 'network', true, { account, ...(why && { class: why }) }),
  x: 1,
});
const aPass = (id: number, account: string): Weighed => ({
  sample: anOutcome(id, 'network', false, { account }),
  x: 0,
});
const aBoot = (id: number, account: string, x: number, usualMs?: number): Weighed => ({
  sample: aTime(id, 'booting', id * 1_000, { account }),
  x,
  ...(usualMs !== undefined && { usualMs }),
});
/** One failure of each of so many accounts. */
const ofAccounts = (count: number): Weighed[] =>
  Array.from({ length: count }, (_, n) => aFailure(n, `account-${n}`, 'dns'));
const exampleJobs = (values: readonly Weighed[], before = empty, centre = 0) =>
  addTo(before, values, centre).examples.map(({ job }) => job);

it('is nothing at first', () => {
  expect(empty).toEqual({ since: at(5), jobs: 0, minutes: 0, sum: 0, accounts: {}, examples: [] });
});

describe('what is added', () => {
  const values: fc.Arbitrary<Weighed[]> = fc.array(
    fc
      .record({
        id: fc.integer({ min: 1, max: 50 }),
        account: fc.constantFrom('acme', 'globex', 'constructor'),
        why: fc.constantFrom<FailureClass | undefined>('dns', 'rate-limited', undefined),
        failed: fc.boolean(),
      })
      .map(({ id, account, why, failed }) => (failed ? aFailure(id, account, why) : aPass(id, account))),
    { maxLength: 12 },
  );

  test.prop([values, values])('counts the same in one minute as in two, but for the minutes', (one, two) => {
    const { minutes, examples: _, ...apart } = addTo(addTo(empty, one, 0), two, 0);
    const { minutes: once, examples: _examples, ...together } = addTo(empty, [...one, ...two], 0);
    expect(apart).toEqual(together);
    expect([minutes, once]).toEqual([2, 1]);
  });

  test.prop([values])(
    'is each job once, with its account, and the reason of each failure that has one',
    (all) => {
      const { jobs, sum, accounts, reasons = {}, since } = addTo(empty, all, 0);
      const failures = all.filter(({ x }) => x === 1);
      expect(jobs).toBe(all.length);
      expect(sum).toBe(failures.length);
      expect(since).toBe(empty.since);
      for (const account of ['acme', 'globex', 'constructor']) {
        const own = all.filter(({ sample }) => sample.account === account);
        expect(Object.entries(accounts).find(([name]) => name === account)?.[1] ?? 0).toBe(own.length);
        const why = (of: FailureClass) =>
          own.filter(({ sample, x }) => x === 1 && sample.kind === 'outcome' && sample.class === of).length;
        const told = Object.entries(reasons).find(([name]) => name === account)?.[1] ?? {};
        expect([told.dns ?? 0, told['rate-limited'] ?? 0]).toEqual([why('dns'), why('rate-limited')]);
      }
    },
  );

  it('has no reasons where none is known, nor of a job that passed', () => {
    expect(addTo(empty, [aFailure(1, 'acme')], 0)).not.toHaveProperty('reasons');
    const odd = anOutcome(1, 'network', false, { class: 'dns' });
    expect(addTo(empty, [{ sample: odd, x: 0 }], 0)).not.toHaveProperty('reasons');
  });

  it('is how far each is from the middle, and one that hung does not make the middle of all', () => {
    const sumOf = (x: number) => addTo(empty, [aBoot(1, 'acme', x)], 8).sum;
    expect(sumOf(9.5)).toBe(1.5);
    expect(sumOf(7)).toBe(-1);
    expect(sumOf(80)).toBe(sumOf(8_000));
    expect(sumOf(80)).toBeLessThan(Math.log(25));
    expect(sumOf(-80)).toBe(-sumOf(80));
  });

  it('is told by account of a hundred accounts, and counted of all', () => {
    const hundred = addTo(empty, ofAccounts(100), 0);
    expect(Object.keys(hundred.accounts)).toHaveLength(100);
    const more = addTo(hundred, [aFailure(200, 'one-more', 'dns'), aFailure(201, 'account-7', 'dns')], 0);
    expect(Object.keys(more.accounts)).toEqual(Object.keys(hundred.accounts));
    expect(Object.keys(more.reasons ?? {})).not.toContain('one-more');
    expect(more.accounts['account-7']).toBe(2);
    expect(more.reasons?.['account-7']).toEqual({ dns: 2 });
    expect(more.jobs).toBe(102);
  });
});

describe('the examples', () => {
  it('are the worst of each minute', () => {
    const minute = [aBoot(1, 'acme', 1), aBoot(2, 'acme', 2), aBoot(3, 'acme', 3)];
    expect(exampleJobs(minute)).toEqual([3]);
    expect(exampleJobs([aBoot(4, 'acme', 1)], addTo(empty, minute, 0))).toEqual([3, 4]);
  });

  it('are one more of each account that has none yet', () => {
    const minute = [
      aBoot(1, 'globex', 1),
      aBoot(2, 'initech', 2),
      aBoot(3, 'globex', 3),
      aBoot(4, 'acme', 4),
    ];
    expect(exampleJobs(minute)).toEqual([4, 3, 2]);
    expect(exampleJobs(minute, addTo(empty, [aBoot(9, 'globex', 1)], 0))).toEqual([9, 4, 2]);
  });

  it('are eight, the latest ones', () => {
    let spell = empty;
    for (let id = 1; id <= 11; id += 1) spell = addTo(spell, [aBoot(id, 'acme', 1)], 0);
    expect(spell.examples.map(({ job }) => job)).toEqual([4, 5, 6, 7, 8, 9, 10, 11].map(jobId));
  });

  it('are only of what is above the middle, or failed', () => {
    expect(
      exampleJobs([aBoot(1, 'acme', 1.9), aBoot(2, 'globex', 2), aBoot(3, 'initech', 2.1)], empty, 2),
    ).toEqual([3]);
    expect(exampleJobs([aPass(1, 'acme'), aFailure(2, 'globex')])).toEqual([2]);
  });

  it('tell how long it took and what is usual of it, and of a failure neither', () => {
    const { examples } = addTo(empty, [aBoot(3, 'acme', 1, 1_234.56)], 0);
    expect(examples).toStrictEqual([
      { job: jobId(3), account: 'acme', at: at(0), ms: 3_000, usualMs: 1_235 },
    ]);
    expect(addTo(empty, [aBoot(3, 'acme', 1)], 0).examples[0]).not.toHaveProperty('usualMs');
    expect(addTo(empty, [aFailure(4, 'globex')], 0).examples).toStrictEqual([
      { job: jobId(4), account: 'globex', at: at(0) },
    ]);
  });
});
