// One stream, a minute at a time: what is learnt, what is counted, and when it is enough.

import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { runId } from '../ids.ts';
import { dayOf, startOfDay } from '../insights/calendar.ts';
import { days, after as later, minutes } from '../time.ts';
import { anOutcome, aTime } from './attribution.fixture.ts';
import { nothingSeen, withValues } from './histogram.ts';
import { defaultRules as rules } from './rules.ts';
import type { Sample, StreamKey } from './sample.ts';
import { noSpell } from './spell.ts';
import { adopted, calmed, fold, isConvincing, newStream, type Stream } from './stream.ts';
import { weightOf } from './usual.ts';

const booting: StreamKey = 'time booting host:host-1';
const running: StreamKey = 'time running repository:acme/app';
const hostFails: StreamKey = 'fail host host:host-1';
const workflowFails: StreamKey = 'fail workflow repository:acme/app';
const now = at(0);
const nothingLate = { gain: 0, isTold: true };

const usual = { centre: Math.log(3_250), scale: 0.2, tilt: 1, offset: 0.5, asOf: now };
const timed = (over: Partial<Stream> = {}): Stream => ({
  ...newStream(now),
  seen: withValues(nothingSeen, Array(rules.leastWeight).fill(usual.centre)),
  usual,
  ...over,
});
const rated = (over: Partial<Stream> = {}): Stream => ({
  ...newStream(now),
  seen: withValues(nothingSeen, Array(rules.leastWeight).fill(0)),
  usual: { rate: 0.1, raised: 0.5, asOf: now },
  ...over,
});
const folded = (stream: Stream, key: StreamKey, samples: readonly Sample[], when = now): Stream =>
  fold(stream, key, when, samples, rules, nothingLate);
const boots = (count: number, ms: number, over: Partial<Sample> = {}) =>
  Array.from({ length: count }, (_, n) => aTime(n, 'booting', ms, over));
const farOutMs = 3_600_000;

describe('it is enough', () => {
  const least = (each: number, over: Partial<Stream> = {}): Partial<Stream> => ({
    evidence: rules.openAt,
    spell: {
      ...noSpell(now),
      jobs: rules.leastJobs,
      minutes: rules.leastMinutes,
      sum: each * rules.leastJobs,
    },
    ...over,
  });
  const longer = Math.log(rules.leastRatio);
  const with_ = (change: object) => {
    const stream = timed(least(longer));
    return { ...stream, spell: { ...(stream.spell ?? noSpell(now)), ...change } };
  };

  it('with the least that the rules ask for, and with nothing less', () => {
    expect(isConvincing(timed(least(longer)), booting, rules)).toBe(true);
    expect(isConvincing(timed(least(longer, { evidence: rules.openAt - 0.01 })), booting, rules)).toBe(false);
    expect(isConvincing(timed(least(longer - 0.01)), booting, rules)).toBe(false);
    expect(isConvincing(with_({ jobs: rules.leastJobs - 1 }), booting, rules)).toBe(false);
    expect(isConvincing(with_({ minutes: rules.leastMinutes - 1 }), booting, rules)).toBe(false);
  });

  it('of failures when half of the rise that is looked for was seen', () => {
    const half = 0.1 + rules.failureRise / 2;
    const evidence = rules.openAt;
    expect(isConvincing(rated(least(half, { evidence })), hostFails, rules)).toBe(true);
    expect(isConvincing(rated(least(half - 0.01, { evidence })), hostFails, rules)).toBe(false);
  });

  it('of everything together sooner, since there are few such streams', () => {
    const evidence = rules.openAtForAll;
    expect(evidence).toBeLessThan(rules.openAt);
    expect(isConvincing(timed(least(longer, { evidence })), 'time connecting all', rules)).toBe(true);
    expect(
      isConvincing(timed(least(longer, { evidence: evidence - 0.01 })), 'time connecting all', rules),
    ).toBe(false);
    expect(isConvincing(timed(least(longer, { evidence })), booting, rules)).toBe(false);
    expect(isConvincing(timed(least(longer, { evidence })), 'time running repository:all', rules)).toBe(
      false,
    );
  });

  it('never where nothing is usual, nor where nothing speaks', () => {
    const { usual: _, ...unknown } = timed(least(longer));
    const { spell: _spell, ...silent } = timed(least(longer));
    expect(isConvincing(unknown, booting, rules)).toBe(false);
    expect(isConvincing(silent, booting, rules)).toBe(false);
  });
});

describe('the usual', () => {
  const looked = (stream: Stream, ms: number) => folded(stream, booting, [], later(now, ms)).usual?.asOf;
  const halfAnHour = minutes(30);

  it('is known from the least weight on', () => {
    const of = (count: number) => {
      const seen = withValues(nothingSeen, Array(count).fill(usual.centre));
      return folded({ ...newStream(now), seen }, booting, []).usual;
    };
    expect(of(rules.leastWeight - 1)).toBeUndefined();
    expect(of(rules.leastWeight)).toMatchObject({ asOf: now });
  });

  it('is looked at again after half an hour', () => {
    expect(looked(timed(), halfAnHour - 1)).toBe(now);
    expect(looked(timed(), halfAnHour)).toBe(later(now, halfAnHour));
  });

  it('does not move while something may be wrong', () => {
    const half = rules.openAt / 2;
    expect(looked(timed({ evidence: half - 0.01 }), halfAnHour)).toBe(later(now, halfAnHour));
    expect(looked(timed({ evidence: half }), halfAnHour)).toBe(now);
    expect(looked(timed({ alarmedAt: now }), halfAnHour)).toBe(now);
  });

  it('is kept when little is left of what was seen', () => {
    expect(looked(timed({ seen: nothingSeen }), halfAnHour)).toBe(now);
  });

  it('fades with each day, once, and never for a look that comes out of order', () => {
    const weightOn = (day: number, stream = timed()) => {
      const then = startOfDay(dayOf(now) + day);
      const { seen, day: kept } = folded(stream, booting, [], then);
      return { weight: seen.weight / rules.leastWeight, day: kept - dayOf(now) };
    };
    expect(weightOn(0)).toEqual({ weight: 1, day: 0 });
    expect(weightOn(1)).toEqual({ weight: expect.closeTo(rules.dailyFade), day: 1 });
    expect(weightOn(3)).toEqual({ weight: expect.closeTo(rules.dailyFade ** 3), day: 3 });
    expect(weightOn(1, folded(timed(), booting, [], later(now, days(1)))).weight).toBeCloseTo(
      rules.dailyFade,
    );
    expect(weightOn(-2)).toEqual({ weight: 1, day: 0 });
  });

  it('of failures looks for a share of runs where workflows fail, and for a rise elsewhere', () => {
    const seen = withValues(nothingSeen, Array(rules.leastWeight).fill(0));
    const of = (key: StreamKey) => folded({ ...newStream(now), seen }, key, []).usual;
    expect(of(workflowFails)).toMatchObject({ rate: 0.01, raised: rules.troubledShare });
    expect(of(hostFails)).toMatchObject({ rate: 0.01, raised: 0.01 + rules.failureRise });
  });

  it('learns what is seen, and not while something is wrong', () => {
    expect(folded(timed(), booting, boots(2, 3_000)).seen.weight).toBe(rules.leastWeight + 2);
    expect(folded(timed({ alarmedAt: now }), booting, boots(2, 3_000)).seen.weight).toBe(rules.leastWeight);
  });
});

describe('the evidence', () => {
  const each = weightOf(Math.log(farOutMs + 250), usual);

  it('of the jobs of one minute counts in full up to a limit', () => {
    const limit = rules.fullPerMinute;
    for (const count of [1, limit, limit + 1, 5 * limit])
      expect(folded(timed(), booting, boots(count, farOutMs)).evidence).toBeCloseTo(
        each * Math.min(count, limit),
        9,
      );
  });

  it('never falls below nothing, and what spoke is forgotten then', () => {
    const { evidence, spell } = folded(
      timed({ evidence: 0.1, spell: noSpell(now) }),
      booting,
      boots(4, 3_000),
    );
    expect([evidence, spell]).toEqual([0, undefined]);
  });

  it('of what is overdue alone is of no job and no minute yet', () => {
    const { evidence, spell } = fold(timed(), booting, now, [], rules, { gain: 3, isTold: true });
    expect(evidence).toBe(3);
    expect(spell).toEqual(noSpell(now));
  });

  it('of what is overdue is nothing while another explains it, and is where one counts from afterwards', () => {
    const explained = fold(timed(), booting, now, [], rules, { gain: 3, isTold: false });
    expect(explained).toMatchObject({ evidence: 0, pending: 3 });
    expect(fold(explained, booting, now, [], rules, { gain: 4, isTold: true }).evidence).toBe(1);
  });

  it('that began later begins a spell of its own', () => {
    const then = later(now, minutes(5));
    expect(folded(timed(), booting, boots(1, farOutMs), then).spell).toMatchObject({ since: then, jobs: 1 });
  });
});

describe('while it is alarmed', () => {
  const spell = { ...noSpell(now), jobs: 5, minutes: 5, sum: 5 };
  const alarmed = timed({ alarmedAt: now, evidence: 20, spell });

  it('what is as usual speaks for calm, and is not told of the incident', () => {
    const calmer = folded(alarmed, booting, boots(2, 3_000));
    expect(calmer.calm).toBeCloseTo(-2 * weightOf(usual.centre, usual), 9);
    expect(calmer.spell).toEqual(spell);
    expect(calmer.evidence).toBeLessThan(20);
  });

  it('what is slow ends the calm, and is told of the incident again once there is none', () => {
    expect(folded({ ...alarmed, calm: 1 }, booting, boots(1, farOutMs))).toMatchObject({
      calm: 0,
      spell: { jobs: 6, minutes: 6 },
    });
    const still = folded({ ...alarmed, calm: 7 }, booting, boots(1, farOutMs));
    expect(still.calm).toBeCloseTo(7 - weightOf(Math.log(farOutMs), usual), 9);
    expect(still.spell).toEqual(spell);
  });

  it('it stays so, whatever the evidence', () => {
    const calm = folded({ ...alarmed, evidence: 0.1 }, booting, boots(4, 3_000));
    expect(calm).toMatchObject({ alarmedAt: now, evidence: 0 });
  });

  it('it is over when it is called calm or usual', () => {
    const { alarmedAt, spell: told, evidence, calm, usual: kept } = calmed({ ...alarmed, crossedAt: now });
    expect([alarmedAt, told, evidence, calm, kept]).toEqual([undefined, undefined, 0, 0, usual]);
    const then = later(now, days(2));
    expect(adopted(alarmed, then)).toEqual({ ...newStream(then), lastAt: alarmed.lastAt });
  });
});

describe('what is seen lately', () => {
  it('is kept also while it is alarmed, and not begun by nothing', () => {
    expect(folded(timed({ alarmedAt: now }), booting, boots(3, 3_000)).lately?.seen.weight).toBe(3);
    expect(folded(timed(), booting, [])).not.toHaveProperty('lately');
  });
});

describe('the jobs of one run', () => {
  const levels = { 'CI / build': { middle: Math.log(61_000), jobs: 9 } };
  const runs = (id: number, ms: number, run = 7) => aTime(id, 'running', ms, { run: runId(run) });
  const countsOf = (stream: Stream) => stream.seen.bins.map(([, count]) => count);

  it('count once, and the middle one speaks for all', () => {
    const three = folded({ ...newStream(now), levels }, running, [
      runs(1, 60_000),
      runs(2, 9e6),
      runs(3, 1_000),
    ]);
    expect(three.seen).toEqual(withValues(nothingSeen, [0]));
    const two = folded({ ...newStream(now), levels }, running, [runs(1, 60_000), runs(2, 60_000, 8)]);
    expect(countsOf(two)).toEqual([2]);
  });

  it('count each where it is no doing of the run', () => {
    expect(countsOf(folded(newStream(now), booting, boots(3, 3_000, { run: runId(7) })))).toEqual([3]);
  });

  it('count only where their own level is known, which is told with what is seen', () => {
    expect(folded(newStream(now), running, [runs(1, 60_000)]).seen).toEqual(nothingSeen);
    const own = { ...usual, centre: 0 };
    const slow = folded({ ...newStream(now), levels, usual: own }, running, [runs(1, 240_000)]);
    expect(slow.spell?.examples).toMatchObject([{ ms: 240_000, usualMs: 60_000 }]);
  });

  it('count as failed if one of them did, and once more only if that was not known', () => {
    const ofRun = (id: number, failed: boolean) => anOutcome(id, 'workflow', failed, { run: runId(7) });
    const failed = folded(newStream(now), workflowFails, [ofRun(1, true), ofRun(2, false), ofRun(3, false)]);
    expect(failed).toMatchObject({ seen: withValues(nothingSeen, [1]), failedRuns: [7] });
    expect(failed).not.toHaveProperty('passedRuns');
    expect(folded(failed, workflowFails, [ofRun(4, false), ofRun(5, true)]).seen).toEqual(failed.seen);
    const passed = folded(newStream(now), workflowFails, [ofRun(1, false)]);
    expect(passed).toMatchObject({ seen: withValues(nothingSeen, [0]), passedRuns: [7] });
    expect(passed).not.toHaveProperty('failedRuns');
    expect(folded(passed, workflowFails, [ofRun(2, false)]).seen).toEqual(passed.seen);
    expect(folded(passed, workflowFails, [ofRun(2, true)]).seen).toEqual(withValues(nothingSeen, [0, 1]));
  });

  it('are remembered of the last sixty-four runs', () => {
    for (const failed of [true, false]) {
      let stream = newStream(now);
      for (let run = 1; run <= 70; run += 1)
        stream = folded(stream, workflowFails, [anOutcome(run, 'workflow', failed, { run: runId(run) })]);
      const kept = failed ? stream.failedRuns : stream.passedRuns;
      expect(kept).toEqual(Array.from({ length: 64 }, (_, n) => runId(n + 7)));
    }
  });

  it('are remembered only of workflows', () => {
    const host = folded(rated(), hostFails, [anOutcome(1, 'host', true), anOutcome(2, 'host', false)]);
    for (const what of ['failedRuns', 'passedRuns', 'failing']) expect(host).not.toHaveProperty(what);
    expect(folded(timed(), booting, boots(1, 3_000))).not.toHaveProperty('failing');
    expect(folded(rated(), workflowFails, [anOutcome(1, 'workflow', true)]).failing).toBeCloseTo(0.3);
  });
});
