import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aTime, watcher } from './attribution.fixture.ts';
import type { OpenPhase } from './overdue.ts';
import type { StreamKey } from './sample.ts';

const key: StreamKey = 'time booting host:host-1';
const minuteMs = 60_000;

/** Durations that repeat, over a wide middle and with every fiftieth far out. */
const usualMs = (id: number): number =>
  Math.round(240_000 * Math.exp(0.4 * Math.sin(id * 2.399)) * (id % 50 === 0 ? 6 : 1));

interface Story {
  id: number;
  beganIn: number;
  ms: number;
}

/** Plays what begins and ends by itself, with a look at what goes on each minute. */
function play(stories: readonly Story[], minutes: number, isLooked = true) {
  const watch = watcher();
  const opened: number[] = [];
  for (let minute = 1; minute <= minutes; minute += 1) {
    const [over, open]: [OpenPhase[], OpenPhase[]] = [[], []];
    for (const { id, beganIn, ms } of stories) {
      const soFar = (minute - beganIn) * minuteMs;
      if (soFar < 0) continue;
      if (ms > soFar) open.push(aTime(id, 'booting', soFar) as OpenPhase);
      else if (ms > soFar - minuteMs) over.push(aTime(id, 'booting', ms) as OpenPhase);
    }
    watch.minute(over, isLooked ? open : []);
    if (watch.incidents.size > opened.length) opened.push(minute);
  }
  return { watch, opened };
}

const oneEach = (count: number, ms: (id: number) => number, from = 0): Story[] =>
  Array.from({ length: count }, (_, index) => ({
    id: from + index + 1,
    beganIn: from + index,
    ms: ms(index),
  }));

describe('what goes on', () => {
  it('opens an incident before any of it has ended', () => {
    const hung = oneEach(12, () => 1e9, 400);
    const { watch, opened } = play([...oneEach(400, usualMs), ...hung], 440);
    expect(opened[0]).toBeLessThan(430);
    const [incident] = [...watch.incidents.values()];
    expect(incident?.evidence[0]?.jobs).toBeGreaterThanOrEqual(4);
    expect(incident?.evidence[0]?.examples.length).toBeGreaterThan(0);
  });

  it('is no evidence while it takes as long as usual, however much of it there is', () => {
    const many = [0, 1, 2].flatMap((n) =>
      oneEach(800, (id) => usualMs(id * 3 + n)).map((it) => ({ ...it, id: it.id + n * 10_000 })),
    );
    expect(play(many, 800).opened).toEqual([]);
  });

  it('does not keep an incident from closing once it has ended', () => {
    const slow = oneEach(40, (id) => 5 * usualMs(id * 50 + 1), 400);
    const { watch } = play([...oneEach(400, usualMs), ...slow, ...oneEach(300, usualMs, 440)], 760);
    const incidents = [...watch.incidents.values()];
    expect(incidents.length).toBeGreaterThan(0);
    expect(incidents.every(({ closedAt }) => closedAt !== undefined)).toBe(true);
    expect(watch.streams.get(key)?.pending).toBeUndefined();
  });

  test.prop([fc.array(fc.integer({ min: 9, max: 14 }), { minLength: 1, maxLength: 6 })], { numRuns: 15 })(
    'counts once: when all has ended the evidence is as if nobody had looked',
    (lengths) => {
      const before = oneEach(300, usualMs);
      // One begins in each minute, after all others have ended.
      const slow = lengths.map((more, n) => ({ id: 901 + n, beganIn: 340 + n, ms: more * minuteMs }));
      const gained = (isLooked: boolean): number => {
        const evidence = [330, 370].map((until) => {
          const stories = [...before, ...slow].filter(({ beganIn }) => beganIn <= until);
          return play(stories, until, isLooked).watch.streams.get(key)?.evidence ?? 0;
        });
        return (evidence[1] ?? 0) - (evidence[0] ?? 0);
      };
      expect(gained(false)).toBeGreaterThan(0);
      expect(gained(true)).toBeCloseTo(gained(false), 6);
    },
  );
});
