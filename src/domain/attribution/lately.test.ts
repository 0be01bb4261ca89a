import { expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { minutes } from '../time.ts';
import { nothingSeen, withValues } from './histogram.ts';
import { latelyAt, withLately } from './lately.ts';

const inMinutes = (n: number) => at(minutes(n) / 1_000);
const four = { seen: withValues(nothingSeen, [1, 1, 2, 2]), asOf: inMinutes(0) };

it('counts half after half an hour, and a quarter after an hour', () => {
  expect(latelyAt(four, inMinutes(0)).weight).toBe(4);
  expect(latelyAt(four, inMinutes(30)).weight).toBeCloseTo(2);
  expect(latelyAt(four, inMinutes(60)).weight).toBeCloseTo(1);
});

it('is as it is for whoever asks of an earlier time, and nothing where nothing was seen', () => {
  expect(latelyAt(four, inMinutes(-30))).toEqual(four.seen);
  expect(latelyAt(undefined, inMinutes(0))).toEqual(nothingSeen);
});

it('stays the one that it is where nothing came', () => {
  expect(withLately(four, inMinutes(30), [])).toBe(four);
  expect(withLately(undefined, inMinutes(30), [])).toBeUndefined();
});

it('begins with the first values', () => {
  expect(withLately(undefined, inMinutes(7), [1])).toEqual({
    seen: withValues(nothingSeen, [1]),
    asOf: inMinutes(7),
  });
});

it('is made to fade every five minutes, and counts in full what comes between', () => {
  const soon = withLately(four, inMinutes(4), [2]);
  expect(soon).toEqual({ seen: withValues(four.seen, [2]), asOf: inMinutes(0) });
  const later = withLately(four, inMinutes(5), [2]);
  expect(later?.asOf).toBe(inMinutes(5));
  expect(later?.seen).toEqual(withValues(latelyAt(four, inMinutes(5)), [2]));
  expect(later?.seen.weight).toBeCloseTo(4 * 0.5 ** (5 / 30) + 1);
});
