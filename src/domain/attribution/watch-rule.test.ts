// One look at a time: what opens, what is one incident, what another explains, and what closes.

import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { runId } from '../ids.ts';
import { after as later } from '../time.ts';
import { anOutcome, aTime } from './attribution.fixture.ts';
import { nothingSeen, withValues } from './histogram.ts';
import { type Evidence, type Incident, incidentId } from './incident.ts';
import type { OpenPhase } from './overdue.ts';
import type { MeasuredPhase, Owner } from './owners.ts';
import { defaultRules as rules } from './rules.ts';
import type { Sample, StreamKey, Subject } from './sample.ts';
import { noSpell } from './spell.ts';
import { newStream, type Stream } from './stream.ts';
import { observe } from './watch.ts';

const now = at(100_000);
const booting: StreamKey = 'time booting host:host-1';
const starting: StreamKey = 'time starting host:host-1';
const connecting: StreamKey = 'time connecting all';
const running: StreamKey = 'time running repository:acme/app';

const levels = { 'CI / build': { middle: Math.log(61_000), jobs: 9 } };
/** Of a phase that takes three seconds; jobs themselves are against their own level. */
function stream(key: StreamKey, over: Partial<Stream> = {}): [StreamKey, Stream] {
  const isOwn = key === running;
  const centre = isOwn ? 0 : Math.log(3_250);
  const seen = withValues(nothingSeen, Array(rules.leastWeight).fill(centre));
  const usual = { centre, scale: 0.2, tilt: 1, offset: 0.5, asOf: now };
  return [key, { ...newStream(now), seen, usual, ...(isOwn && { levels }), ...over }];
}
const spoke = { ...noSpell(later(now, -300_000)), jobs: 5, minutes: 5, sum: 5 };
/** One slow job more is enough. */
const nearly = { evidence: rules.openAt - 1, spell: spoke };
const alarmed = {
  evidence: 20,
  spell: spoke,
  alarmedAt: later(now, -60_000),
  crossedAt: later(now, -60_000),
};
const slow = (id: number, phase: MeasuredPhase, over: Partial<Sample> = {}) => aTime(id, phase, 9e6, over);
const usualBoot = (id: number) => aTime(id, 'booting', 3_000);

const evidenceOfStream = (key: StreamKey): Evidence => ({
  ...{ stream: key, what: 'booting', ratio: 2, jobs: 5, accounts: {}, examples: [] },
});
const incident = (
  owner: Owner,
  subject: Subject,
  keys: readonly StreamKey[],
  over: Partial<Incident> = {},
) => {
  const openedAt = over.openedAt ?? later(now, -60_000);
  const id = incidentId(owner, subject, openedAt);
  return { id, owner, subject, since: openedAt, openedAt, evidence: keys.map(evidenceOfStream), ...over };
};
const look = (
  streams: readonly (readonly [StreamKey, Stream])[],
  samples: readonly Sample[],
  incidents: readonly Incident[] = [],
  open: readonly OpenPhase[] = [],
) => observe({ streams: new Map(streams), incidents }, now, samples, rules, open);
const keysOf = ({ evidence }: Incident) => evidence.map((one) => one.stream);

describe('an incident', () => {
  it('opens when it is enough, since what speaks for it began', () => {
    const { incidents, streams } = look([stream(booting, nearly)], [slow(1, 'booting')]);
    expect(incidents).toMatchObject([
      { owner: 'host', subject: 'host:host-1', openedAt: now, since: spoke.since },
    ]);
    expect(streams.get(booting)).toMatchObject({ alarmedAt: now, crossedAt: now, calm: 0 });
  });

  it('of two phases of one host is one, with the evidence of both', () => {
    const both = [slow(1, 'booting'), slow(2, 'starting')];
    const { incidents } = look([stream(booting, nearly), stream(starting, nearly)], both);
    expect(incidents.map(keysOf)).toEqual([[booting, starting]]);
  });

  it('of two owners are two, each with its own evidence', () => {
    const both = [slow(1, 'booting'), slow(2, 'connecting')];
    const { incidents } = look([stream(booting, nearly), stream(connecting, nearly)], both);
    expect(incidents.map(({ owner, ...of }) => [owner, keysOf({ owner, ...of })])).toEqual([
      ['host', [booting]],
      ['network', [connecting]],
    ]);
  });

  it('that goes on gets the new evidence of one phase in place of the old, and keeps that of others', () => {
    const had = incident('host', 'host:host-1', [booting, starting]);
    const streams = [stream(booting, alarmed), stream(starting, alarmed)];
    const { incidents } = look(streams, [slow(1, 'booting')], [had]);
    expect(incidents).toMatchObject([{ id: had.id, openedAt: had.openedAt }]);
    expect(incidents.map(keysOf)).toEqual([[starting, booting]]);
    expect(incidents[0]?.evidence.map(({ jobs }) => jobs)).toEqual([5, 6]);
  });

  it('that comes back soon is the same one, and later is another', () => {
    const again = (closedBefore: number) => {
      const closed = { closedAt: later(now, -closedBefore), ending: 'calm' as const };
      const had = incident('host', 'host:host-1', [booting], closed);
      const { incidents } = look([stream(booting, nearly)], [slow(1, 'booting')], [had]);
      return incidents.map(({ id, closedAt, ending }) => [id === had.id, closedAt, ending]);
    };
    expect(again(rules.sameWithinMs)).toEqual([[true, undefined, undefined]]);
    expect(again(rules.sameWithinMs + 1)).toEqual([[false, undefined, undefined]]);
  });
});

describe('nothing is kept', () => {
  it('of what is not known to be of any host', () => {
    const { host: _, ...homeless } = slow(1, 'booting');
    expect(look([], [homeless as Sample])).toEqual({ streams: new Map(), incidents: [] });
  });

  it('of what goes on and is not late, nor of a stream of which nothing new is known', () => {
    const early = aTime(1, 'booting', 1) as OpenPhase;
    expect(look([stream(booting), stream(connecting)], [], [], [early]).streams.size).toBe(0);
    expect([...look([stream(booting), stream(connecting)], [usualBoot(1)]).streams.keys()]).toEqual([
      booting,
    ]);
  });
});

describe('what was overdue and is neither over nor overdue now', () => {
  it('is taken out of the evidence', () => {
    const { streams } = look([stream(booting, { evidence: 6, pending: 4, spell: spoke })], []);
    expect(streams.get(booting)?.evidence).toBe(2);
    expect(streams.get(booting)).not.toHaveProperty('pending');
  });
});

describe('what a stronger cause explains', () => {
  const network = (over: Partial<Incident> = {}) => incident('network', 'all', [connecting], over);
  const longer = slow(1, 'running');

  it('is not counted while that is open, and is counted when it is closed', () => {
    const seen = (incidents: readonly Incident[]) =>
      look([stream(running), stream(connecting, alarmed)], [longer], incidents).streams.get(running)
        ?.evidence ?? 0;
    expect(seen([network()])).toBe(0);
    expect(seen([network({ closedAt: later(now, -1), ending: 'calm' })])).toBeGreaterThan(0);
    expect(seen([])).toBeGreaterThan(0);
  });

  it('is not told of an incident that is open already, while it goes on', () => {
    const had = incident('workflow', 'repository:acme/app', [running]);
    const goesOn = { ...longer, run: runId(99) } as OpenPhase;
    const jobs = (incidents: readonly Incident[]) =>
      look(
        [stream(running, alarmed), stream(connecting, alarmed)],
        [aTime(50, 'running', 60_000)],
        [had, ...incidents],
        [goesOn],
      ).incidents.find(({ id }) => id === had.id)?.evidence[0]?.jobs;
    expect(jobs([])).toBe(spoke.jobs + 2);
    expect(jobs([network()])).toBe(spoke.jobs);
  });

  it('loses what spoke for it when that cause opens', () => {
    const spoken = { evidence: 5, spell: spoke };
    const { streams } = look(
      [stream(connecting, nearly), stream(running, spoken), stream(booting, spoken)],
      [slow(1, 'connecting')],
    );
    expect(streams.get(running)).toMatchObject({ evidence: 0 });
    expect(streams.get(running)).not.toHaveProperty('spell');
    expect(streams.has(booting)).toBe(false);
  });

  it('loses also what came in the same minute', () => {
    const { streams } = look([stream(connecting, nearly), stream(running)], [slow(1, 'connecting'), longer]);
    expect(streams.get(running)?.evidence).toBe(0);
  });

  it('loses nothing when it has alarmed itself, when nothing spoke, or when the cause was open before', () => {
    const opens = [slow(1, 'connecting')];
    expect(look([stream(connecting, nearly), stream(running, alarmed)], opens).streams.has(running)).toBe(
      false,
    );
    expect(look([stream(connecting, nearly), stream(running)], opens).streams.has(running)).toBe(false);
    const before = look([stream(connecting, alarmed), stream(running, nearly)], opens, [network()]);
    expect(before.streams.has(running)).toBe(false);
  });

  it('waits for a cause that is on its way, as long as the rule has patience', () => {
    const onItsWay = stream(connecting, { evidence: rules.openAtForAll / 2, spell: spoke });
    const looked = (crossed?: number) => {
      const crossedAt = crossed === undefined ? {} : { crossedAt: later(now, -crossed) };
      const { streams, incidents } = look([onItsWay, stream(running, { ...nearly, ...crossedAt })], [longer]);
      return { stream: streams.get(running), opened: incidents.length };
    };
    const first = looked();
    expect(first).toMatchObject({ opened: 0, stream: { crossedAt: now } });
    expect(first.stream?.evidence).toBeGreaterThan(rules.openAt);
    expect(looked(rules.patienceMs - 1)).toMatchObject({ opened: 0 });
    expect(looked(rules.patienceMs)).toMatchObject({ opened: 1, stream: { alarmedAt: now } });
  });
});

describe('an incident closes', () => {
  const closed = (
    streams: readonly [StreamKey, Stream][],
    over: Partial<Incident> = {},
    samples: readonly Sample[] = [],
  ) =>
    look(streams, samples, [
      incident(
        'host',
        'host:host-1',
        streams.map(([key]) => key),
        over,
      ),
    ]);

  it('when as much speaks for calm as the rule asks for', () => {
    const seen = closed([stream(booting, { ...alarmed, calm: rules.closeAt })], {}, [usualBoot(1)]);
    expect(seen.incidents).toMatchObject([{ closedAt: now, ending: 'calm' }]);
    expect(seen.streams.get(booting)).toMatchObject({ evidence: 0, calm: 0 });
    expect(seen.streams.get(booting)).not.toHaveProperty('alarmedAt');
    const [more] = closed([stream(booting, { ...alarmed, calm: rules.closeAt - 4 })], {}, [
      usualBoot(1),
    ]).incidents;
    expect(more).not.toHaveProperty('closedAt');
  });

  it('not before all of its phases are calm', () => {
    const streams = [stream(booting, { ...alarmed, calm: rules.closeAt }), stream(starting, alarmed)];
    expect(
      closed(streams, {}, [usualBoot(1)]).incidents.filter(({ closedAt }) => closedAt !== undefined),
    ).toEqual([]);
  });

  it('when nothing came of any of its phases for so long', () => {
    const silent = (ago: number) => ({ ...alarmed, lastAt: later(now, -ago) });
    const ending = (...ago: readonly number[]) =>
      closed(ago.map((one, n) => stream(n === 0 ? booting : starting, silent(one)))).incidents[0]?.ending;
    expect(ending(rules.silenceMs)).toBe('silence');
    expect(ending(rules.silenceMs - 1)).toBeUndefined();
    expect(ending(rules.silenceMs, 0)).toBeUndefined();
    const { streams } = closed([stream(booting, silent(rules.silenceMs))]);
    expect(streams.get(booting)).not.toHaveProperty('alarmedAt');
    expect(streams.get(booting)?.seen.weight).toBe(rules.leastWeight);
  });

  it('when it has lasted so long that it is the usual, which is learnt anew', () => {
    const of = (ms: number) => closed([stream(booting, alarmed)], { openedAt: later(now, -ms) });
    expect(of(rules.adoptedAfterMs - 1).incidents).toEqual([]);
    const { incidents, streams } = of(rules.adoptedAfterMs);
    expect(incidents).toMatchObject([{ closedAt: now, ending: 'usual' }]);
    expect(streams.get(booting)).toEqual(newStream(now));
  });

  it('once', () => {
    const over = { closedAt: later(now, -60_000), ending: 'calm' as const };
    expect(closed([stream(booting)], over).incidents).toEqual([]);
  });
});

it('failures of one owner are counted of all of its jobs together', () => {
  const usual = { rate: 0.01, raised: 0.21, asOf: now };
  const key: StreamKey = 'fail network all';
  const seen = withValues(nothingSeen, Array(rules.leastWeight).fill(0));
  const failing: Stream = { ...newStream(now), seen, usual, evidence: rules.openAtForAll - 1, spell: spoke };
  const { incidents } = look(
    [[key, failing]],
    [anOutcome(1, 'network', true), anOutcome(2, 'network', true)],
  );
  expect(incidents).toMatchObject([{ owner: 'network', evidence: [{ what: 'failures', jobs: 7 }] }]);
});
