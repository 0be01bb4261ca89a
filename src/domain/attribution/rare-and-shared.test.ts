// What is seen soon although it is hard to tell: jobs that wait where some wait anyway, and workflows that seldom run.

import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runId } from '../ids.ts';
import { anOutcome, aTime, watcher } from './attribution.fixture.ts';
import { nothingSeen, withValues } from './histogram.ts';
import { latelyFailing, raisedBy, rateOf, weightOfOutcome } from './rate.ts';
import { defaultRules } from './rules.ts';
import { isConvincing, newStream } from './stream.ts';
import { usualOf } from './usual.ts';

/** At least 0 and below 1, as good as by chance. */
const chance = (id: number): number => {
  const far = Math.sin(id * 12.9898) * 43_758.5453;
  return far - Math.floor(far);
};

/** So many of them find room at once, the others wait for about half a minute. */
const placing = (id: number, waiting: number) =>
  aTime(
    id,
    'placing',
    chance(id) < waiting ? 20_000 + 30_000 * chance(id + 0.5) : 200 + 200 * chance(id + 0.7),
  );

const twoEach = (minutes: number, from: number, waiting: number, watch = watcher()) => {
  for (let minute = 0; minute < minutes; minute += 1)
    watch.minute([placing(from + 2 * minute, waiting), placing(from + 2 * minute + 1, waiting)]);
  return watch;
};

describe('a fleet that is too small', () => {
  it('is seen by how many jobs wait, also where one of eight waits anyway', () => {
    const watch = twoEach(800, 0, 1 / 8);
    expect(watch.incidents.size).toBe(0);
    const began = watch.now();
    twoEach(40, 5_000, 0.6, watch);
    const [incident] = [...watch.incidents.values()];
    expect(incident).toMatchObject({ owner: 'fleet', evidence: [{ what: 'placing' }] });
    expect(((incident?.openedAt ?? Number.NaN) - began) / 60_000).toBeLessThan(15);
  });

  it('is judged by the spread of those that find room at once, however many wait', () => {
    const times = Array.from({ length: 500 }, (_, id) => Math.log(id % 4 === 0 ? 30_000 : 300 + (id % 60)));
    const seen = withValues(nothingSeen, times);
    expect(usualOf(seen, defaultRules, 'share').scale).toBeLessThan(0.2);
    expect(usualOf(seen, defaultRules, 'factor').scale).toBeGreaterThan(1);
  });
});

describe('a workflow', () => {
  /** A run of five jobs, one a minute, of which only the last may fail. */
  const run = (id: number, isBroken: boolean) => (watch: ReturnType<typeof watcher>) => {
    for (let job = 0; job < 5; job += 1)
      watch.minute([anOutcome(id * 10 + job, 'workflow', isBroken && job === 4, { run: runId(id) })]);
  };

  it('that breaks is seen by its runs: that some of their jobs pass says little', () => {
    const watch = watcher();
    for (let id = 1; id <= 200; id += 1) run(id, id % 10 === 0)(watch);
    expect(watch.incidents.size).toBe(0);
    let runs = 0;
    while (watch.incidents.size === 0 && runs < 40) {
      runs += 1;
      run(1_000 + runs, true)(watch);
    }
    expect(runs).toBeLessThan(10);
  });

  it('of which one run of five fails anyway is seen by a row of failures, each of which makes the next one clearer', () => {
    const watch = watcher();
    for (let id = 1; id <= 300; id += 1) watch.minute([anOutcome(id, 'workflow', id % 5 === 0)]);
    expect(watch.incidents.size).toBe(0);
    for (let id = 301; id <= 308; id += 1) watch.minute([anOutcome(id, 'workflow', true)]);
    expect([...watch.incidents.values()]).toMatchObject([{ owner: 'workflow' }]);
  });

  it('that seldom runs needs less evidence than one that often does, and never less than the least', () => {
    const key = 'fail workflow repository:acme/app';
    const stream = (weight: number, evidence: number) => ({
      ...newStream(watcher().now()),
      seen: withValues(
        nothingSeen,
        Array.from({ length: weight }, () => 0),
      ),
      usual: { rate: 0.1, raised: 0.5, asOf: watcher().now() },
      spell: { since: watcher().now(), jobs: 8, minutes: 8, sum: 8, accounts: {}, examples: [] },
      evidence,
    });
    const { openAt, openAtForFew, fullWeight } = defaultRules;
    expect(isConvincing(stream(fullWeight * 2, openAt), key, defaultRules)).toBe(true);
    expect(isConvincing(stream(fullWeight * 2, openAt - 0.1), key, defaultRules)).toBe(false);
    const seldom = fullWeight / Math.E;
    expect(isConvincing(stream(Math.floor(seldom), openAt - 1), key, defaultRules)).toBe(true);
    expect(isConvincing(stream(Math.floor(seldom), openAt - 1.1), key, defaultRules)).toBe(false);
    expect(isConvincing(stream(60, openAtForFew - 0.1), key, defaultRules)).toBe(false);
    expect(isConvincing(stream(60, openAtForFew), key, defaultRules)).toBe(true);
    const ofTimes = 'time running repository:acme/app';
    expect(isConvincing(stream(60, openAt - 0.1), ofTimes, defaultRules)).toBe(false);
    expect(isConvincing(stream(60, openAt), ofTimes, defaultRules)).toBe(true);
  });
});

describe('an outcome', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const seen = fc.record({
    failures: fc.integer({ min: 0, max: 500 }),
    passes: fc.integer({ min: 1, max: 5_000 }),
  });

  test.prop([seen, share, fc.boolean()])(
    'is weighed so that the usual adds up to nothing, whatever failed before',
    ({ failures, passes }, lately, ofRuns) => {
      const bins = [
        [0, passes],
        [12, failures],
      ] as const;
      const usual = rateOf({ bins, weight: passes + failures }, defaultRules, ofRuns);
      const rise = raisedBy(usual, lately);
      const mean =
        usual.rate * Math.exp(weightOfOutcome(true, rise)) +
        (1 - usual.rate) * Math.exp(weightOfOutcome(false, rise));
      expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      expect(rise.raised).toBeGreaterThan(usual.rate);
      expect(rise.raised).toBeLessThan(1);
    },
  );

  it('speaks the clearer the more of those before it failed', () => {
    const usual = { rate: 0.1, raised: 0.5 };
    const [afterPasses, afterFailures] = [latelyFailing(0.1, [0, 0]), latelyFailing(0.1, [1, 1, 1, 1, 1])];
    expect(weightOfOutcome(true, raisedBy(usual, afterPasses))).toBe(weightOfOutcome(true, usual));
    expect(weightOfOutcome(true, raisedBy(usual, afterFailures))).toBeGreaterThan(
      weightOfOutcome(true, usual) + 0.4,
    );
  });

  test.prop([share, fc.array(fc.constantFrom(0, 1), { maxLength: 20 })])(
    'moves the share of those that failed lately, in whatever order they came, and never out of 0 to 1',
    (before, outcomes) => {
      const after = latelyFailing(before, outcomes);
      expect(after).toBeGreaterThanOrEqual(0);
      expect(after).toBeLessThanOrEqual(1);
      expect(latelyFailing(before, outcomes.toReversed())).toBe(after);
    },
  );
});
