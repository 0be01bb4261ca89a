import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minutes, seconds } from '../time.ts';
import { changedSettings, increasesIn, type JobOfWeeks } from './increases.ts';

const job = (name: string, ...averages: readonly number[]): JobOfWeeks => ({
  ...{ owner: 'acme', repository: 'acme/app', workflow: 'CI', name },
  weeks: averages.map((average, week) => ({ monday: 4 + 7 * week, builds: 2, ms: 2 * average })),
});

describe('a job that takes longer', () => {
  it('is held against the middle one of the weeks before', () => {
    const [found, ...others] = increasesIn(
      [job('build', minutes(2), minutes(9), minutes(2), minutes(3))],
      20,
    );
    expect(others).toEqual([]);
    expect(found).toMatchObject({ usualMs: minutes(2), nowMs: minutes(3), percent: 50 });
    expect(found?.weeks.map(({ averageMs }) => averageMs / minutes(1))).toEqual([2, 9, 2, 3]);
  });

  it('is passed over below the threshold, by a few seconds, and with nothing to compare', () => {
    expect(increasesIn([job('build', minutes(10), minutes(11))], 20)).toEqual([]);
    expect(increasesIn([job('build', seconds(1), seconds(5))], 20)).toEqual([]);
    expect(increasesIn([job('build', minutes(10))], 20)).toEqual([]);
    expect(increasesIn([job('build', 0, minutes(10))], 20)).toEqual([]);
  });

  it('comes first when it lost the most time', () => {
    const jobs = [job('small', minutes(1), minutes(3)), job('large', minutes(60), minutes(90))];
    expect(increasesIn(jobs, 20).map(({ name }) => name)).toEqual(['large', 'small']);
  });

  it('comes by name among those that lost as much, whichever was given first', () => {
    const jobs = ['b', 'c', 'a'].map((name) => job(name, minutes(1), minutes(3)));
    expect(increasesIn(jobs, 20).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(increasesIn(jobs.toReversed(), 20).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('comes by what it lost and not by how long it takes', () => {
    const jobs = [job('huge', minutes(100), minutes(121)), job('small', minutes(1), minutes(31))];
    expect(increasesIn(jobs, 20).map(({ name }) => name)).toEqual(['small', 'huge']);
  });

  it('is told from the threshold and five seconds on', () => {
    expect(increasesIn([job('build', seconds(25), seconds(30))], 20)).toHaveLength(1);
    expect(increasesIn([job('build', seconds(10), seconds(15) - 1)], 20)).toEqual([]);
    expect(increasesIn([job('build', minutes(10), minutes(12))], 21)).toEqual([]);
  });

  it('is held against the lower of two middle ones, in whatever order they came', () => {
    const [found] = increasesIn([job('build', minutes(4), minutes(2), minutes(9))], 20);
    expect(found?.usualMs).toBe(minutes(2));
    const [other] = increasesIn([job('build', minutes(9), minutes(1), minutes(4), minutes(30))], 20);
    expect(other?.usualMs).toBe(minutes(4));
  });

  test.prop([
    fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 8 }),
    fc.integer({ min: 1, max: 300 }),
  ])('grew by what is asked for at least', (average, percent) => {
    for (const found of increasesIn([job('build', ...average.map(minutes))], percent)) {
      expect(found.nowMs).toBeGreaterThanOrEqual(found.usualMs * (1 + (percent - 0.5) / 100));
      expect(average.slice(0, -1).map(minutes)).toContain(found.usualMs);
    }
  });
});

describe('what had changed between two runs', () => {
  const before = { sha: 'a', size: '2cpu', image: 'one', host: 'rack' };
  it('is told by name', () => {
    expect(
      changedSettings(before, { ...before, sha: 'b', size: '4cpu', image: 'two', host: 'shelf' }),
    ).toEqual(['commit', 'size', 'image', 'host']);
    expect(changedSettings(before, { ...before })).toEqual([]);
    expect(changedSettings(undefined, before)).toEqual([]);
  });
  it('is not told of what nobody knows any more', () => {
    expect(changedSettings(before, { sha: 'a', size: '2cpu' })).toEqual([]);
  });
});
