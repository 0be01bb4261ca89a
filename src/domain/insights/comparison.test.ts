import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hours, minutes } from '../time.ts';
import { compared, sortedBy, sortKeys } from './comparison.ts';
import { hotSpotsOf } from './hot-spots.ts';
import { noTally, type Tally } from './tally.ts';

const row = (repository: string, tally: Partial<Tally>) => ({
  ...{ owner: 'acme', repository, workflow: '', name: '' },
  tally: { ...noTally, ...tally },
});
const anyRow = fc
  .record({ name: fc.constantFrom('a', 'b', 'c', 'd'), builds: fc.nat(3), ms: fc.nat(3) })
  .map(({ name, ...tally }) => row(name, tally));
const anyRows = fc.uniqueArray(anyRow, { selector: ({ repository }) => repository });

describe('two periods side by side', () => {
  it('show what is new and what has ended too', () => {
    const rows = compared(
      [row('new', { builds: 2 }), row('both', { builds: 3 })],
      [row('both', { builds: 1 }), row('gone', { builds: 4 })],
    );
    expect(
      sortedBy('builds', rows).map(({ repository, now, before }) => [repository, now.builds, before.builds]),
    ).toEqual([
      ['both', 3, 1],
      ['new', 2, 0],
      ['gone', 0, 4],
    ]);
  });

  it.each<[(typeof sortKeys)[number], readonly string[]]>([
    ['builds', ['b', 'a', 'c']],
    ['minutes', ['c', 'a', 'b']],
    ['success', ['a', 'b', 'c']],
    ['failure', ['c', 'b', 'a']],
    ['cancelled', ['b', 'a', 'c']],
    ['average', ['c', 'a', 'b']],
    ['longest', ['b', 'a', 'c']],
    ['growth', ['b', 'a', 'c']],
    ['name', ['a', 'b', 'c']],
  ])('stand by %s, the largest first', (key, names) => {
    const now = [
      row('c', { builds: 1, ms: 90, failure: 3, longestMs: 90 }),
      row('a', { builds: 3, ms: 60, success: 3, longestMs: 100 }),
      row('b', { builds: 9, ms: 45, success: 1, failure: 2, cancelled: 1, longestMs: 120 }),
    ];
    const before = [row('c', { ms: 80 }), row('a', { ms: 45 })];
    expect(sortedBy(key, compared(now, before)).map(({ repository }) => repository)).toEqual(names);
  });

  it('are told apart by all parts of their names', () => {
    const parts = (repository: string, workflow: string) => ({ ...row(repository, {}), workflow });
    const rows = compared([parts('ab', 'a'), parts('a', 'bb'), parts('a', 'ba')], []);
    expect(sortedBy('name', rows).map((one) => `${one.repository} ${one.workflow}`)).toEqual([
      'a ba',
      'a bb',
      'ab a',
    ]);
  });

  test.prop([anyRows, anyRows, fc.constantFrom(...sortKeys)])(
    'stand in one order, whatever order the rows came in',
    (now, before, key) => {
      const sorted = sortedBy(key, compared(now, before));
      expect(sortedBy(key, compared(now.toReversed(), before.toReversed()))).toEqual(sorted);
      expect(sorted).toHaveLength(new Set([...now, ...before].map(({ repository }) => repository)).size);
    },
  );
});

describe('a hot spot', () => {
  const all = { ms: hours(10), rows: 5 };
  const spots = (now: Partial<Tally>, before: Partial<Tally> = {}, of = all) =>
    hotSpotsOf({ now: { ...noTally, ...now }, before: { ...noTally, ...before } }, of);

  it('has a fifth of all the time, and is not alone', () => {
    expect(spots({ ms: hours(2) })).toEqual(['share']);
    expect(spots({ ms: hours(2) - 1 })).toEqual([]);
    expect(spots({ ms: hours(2) }, {}, { ms: hours(2), rows: 1 })).toEqual([]);
    expect(spots({}, {}, { ms: 0, rows: 3 })).toEqual([]);
  });

  it('has grown by half, and by an hour', () => {
    expect(spots({ ms: minutes(119) }, { ms: minutes(59) })).toEqual(['growth']);
    expect(spots({ ms: minutes(60) }, { ms: minutes(20) })).toEqual([]);
    expect(spots({ ms: minutes(110) }, { ms: minutes(100) })).toEqual([]);
    expect(spots({ ms: minutes(110) })).toEqual([]);
  });

  it('fails a quarter of the time, of ten or more', () => {
    expect(spots({ success: 9, failure: 3 })).toEqual(['failures']);
    expect(spots({ success: 10, failure: 3 })).toEqual([]);
    expect(spots({ success: 0, failure: 9, cancelled: 50 })).toEqual([]);
  });
});
