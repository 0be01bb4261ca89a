// What is told of an incident, and by which name.

import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { jobId } from '../ids.ts';
import { classifyFailure } from './failure-class.ts';
import { accountsOf, type Evidence, evidenceOf, incidentId, reasonsIn } from './incident.ts';
import type { StreamKey } from './sample.ts';
import { noSpell, type Spell } from './spell.ts';
import { newStream, type Stream } from './stream.ts';

const booting: StreamKey = 'time booting host:host-1';
const running: StreamKey = 'time running repository:acme/app';
const failing: StreamKey = 'fail network all';

const examples = [{ job: jobId(3), account: 'acme', at: at(9), ms: 6_250 }];
/** Of four jobs, each this far from the middle. */
const spell = (each: number, over: Partial<Spell> = {}): Spell => ({
  ...{ ...noSpell(at(0)), jobs: 4, sum: 4 * each, accounts: { acme: 3, globex: 1 }, examples },
  ...over,
});
const timed = (usualMs: number, seen: Spell): Stream => ({
  ...newStream(at(0)),
  usual: { centre: Math.log(usualMs + 250), scale: 0.2, tilt: 1, offset: 0.5, asOf: at(0) },
  spell: seen,
});
const failed = (rate: number, seen: Spell): Stream => ({
  ...newStream(at(0)),
  usual: { rate, raised: 0.5, asOf: at(0) },
  spell: seen,
});
const told = { jobs: 4, accounts: { acme: 3, globex: 1 }, examples };

describe('the name of an incident', () => {
  const named = (minute: number) => incidentId('host', 'host:a', at(60 * minute));

  it('is the same for the same thing in the same minute', () => {
    expect(incidentId('host', 'host:a', at(61))).toBe(incidentId('host', 'host:a', at(119)));
    expect(named(1)).toMatch(/^incident-[0-9a-z]{4,6}-[0-9a-z]+$/);
  });

  it('is another for another owner, another subject, and another minute', () => {
    const names = [
      named(1),
      named(2),
      incidentId('host', 'host:b', at(60)),
      incidentId('bellows', 'host:a', at(60)),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the evidence', () => {
  it('is none before a usual is known, or before a job speaks for a change', () => {
    const { spell: _, ...silent } = timed(3_000, spell(1));
    const { usual: _usual, ...unknown } = timed(3_000, spell(1));
    for (const stream of [silent, unknown, timed(3_000, noSpell(at(0)))])
      expect(evidenceOf(booting, stream)).toBeUndefined();
  });

  it('of times tells the usual, what is seen, and how many times the usual that is', () => {
    expect(evidenceOf(booting, timed(3_000, spell(Math.log(2))))).toStrictEqual({
      ...{ stream: booting, what: 'booting', ...told },
      ...{ usualMs: 3_000, seenMs: 6_250, ratio: 2 },
    });
  });

  it('of a phase that takes no time at all tells no time below zero', () => {
    expect(evidenceOf(booting, timed(-100, spell(0)))).toMatchObject({ usualMs: 0, seenMs: 0 });
  });

  it('of a repository’s jobs tells how many times the usual, and no time', () => {
    expect(evidenceOf(running, timed(0, spell(Math.log(1.5))))).toStrictEqual({
      ...{ stream: running, what: 'running', ...told, ratio: 1.5 },
    });
  });

  it('of failures tells shares, and by what', () => {
    const reasons = { acme: { dns: 2 } };
    expect(evidenceOf(failing, failed(0.1, spell(0.75, { reasons })))).toStrictEqual({
      ...{ stream: failing, what: 'failures', ...told, reasons },
      ...{ usualRate: 0.1, seenRate: 0.75, ratio: 7.5 },
    });
  });

  it('tells three places of a figure', () => {
    expect(evidenceOf(failing, failed(0.123_456, spell(1 / 3)))).toMatchObject({
      ...{ usualRate: 0.123, seenRate: 0.333, ratio: 2.7 },
    });
  });
});

describe('the reasons', () => {
  const evidence: Evidence = {
    ...{ stream: failing, what: 'failures', ratio: 3, ...told },
    reasons: { acme: { dns: 2, 'rate-limited': 1 }, globex: { 'rate-limited': 4, 'github-5xx': 1 } },
  };

  it('are what most jobs failed by first, with words and advice for each', () => {
    const all = reasonsIn(evidence);
    expect(all.map(({ class: found, jobs }) => [found, jobs])).toEqual([
      ['rate-limited', 5],
      ['dns', 2],
      ['github-5xx', 1],
    ]);
    const { advice } = classifyFailure({ vmWords: [], logTail: ['toomanyrequests: slow down'] });
    expect(all[0]).toMatchObject({ words: 'a registry that said 429', advice });
  });

  it('are counted of those accounts that one sees', () => {
    const seen = reasonsIn(evidence, (account) => account === 'acme');
    expect(seen.map(({ class: found, jobs }) => [found, jobs])).toEqual([
      ['dns', 2],
      ['rate-limited', 1],
    ]);
    expect(reasonsIn(evidence, () => false)).toEqual([]);
  });

  it('are none where none is known', () => {
    const { reasons: _, ...unknown } = evidence;
    expect(reasonsIn(unknown)).toEqual([]);
  });
});

it('the accounts of an incident are those of all its evidence, each once, by name', () => {
  const of = (accounts: Evidence['accounts']): Evidence => ({
    ...{ stream: booting, what: 'booting', ratio: 2, ...told, accounts },
  });
  expect(accountsOf({ evidence: [of({ globex: 1, acme: 2 }), of({ globex: 3, initech: 1 })] })).toEqual([
    ...['acme', 'globex', 'initech'],
  ]);
  expect(accountsOf({ evidence: [] })).toEqual([]);
});
