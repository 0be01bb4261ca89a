import { describe, expect, it } from 'vitest';
import { type Instant, instantOf, minutes, after as plus, seconds } from '../time.ts';
import type { Trouble } from './rules.ts';
import {
  type AlertMessage,
  type AlertState,
  alertTimes,
  noAlerts,
  type Outgoing,
  taken,
  told,
  withOutgoing,
  without,
} from './tell.ts';

const start = instantOf(Date.UTC(2026, 0, 1));
const lost = (subject: string): Trouble => ({ rule: 'host-lost', subject, text: `${subject} is lost` });

/** Looks every 15 s for so long; `seen` says what is wrong at each moment. */
function looks(
  before: AlertState,
  from: Instant,
  ms: number,
  seen: (passedMs: number) => readonly Trouble[],
): AlertState {
  let state = before;
  for (let passed = 0; passed < ms; passed += seconds(15))
    state = told(state, seen(passed), plus(from, passed), ['hook']);
  return state;
}

const words = ({ outbox }: AlertState): string[] =>
  outbox.map(({ message }) => message.items.map(({ state, subject }) => `${state} ${subject}`).join(', '));

describe('what is wrong is told', () => {
  it('once, while it lasts, and once more when it is over', () => {
    const during = looks(noAlerts(start), start, minutes(60), () => [lost('a')]);
    expect(words(during)).toEqual(['firing a']);
    const ended = looks(during, plus(start, minutes(60)), minutes(10), () => []);
    expect(words(ended)).toEqual(['firing a', 'over a']);
    expect(ended.alerts).toEqual({});
  });

  it('never, when it passes within the minute', () => {
    const blip = (ms: number) => (ms % minutes(2) < seconds(45) ? [lost('a')] : []);
    expect(words(looks(noAlerts(start), start, minutes(30), blip))).toEqual([]);
  });

  it('as over only when it stays away', () => {
    const shaky = (ms: number) => (ms % minutes(5) < seconds(210) ? [lost('a')] : []);
    expect(words(looks(noAlerts(start), start, minutes(60), shaky))).toEqual(['firing a']);
  });

  it('together with what else came meanwhile', () => {
    const storm = (ms: number) => ['a', 'b', 'c', 'd'].slice(0, 1 + Math.floor(ms / seconds(20))).map(lost);
    expect(words(looks(noAlerts(start), start, minutes(5), storm))).toEqual([
      'firing a',
      'firing b, firing c, firing d',
    ]);
  });

  it('seldom, when it comes and goes', () => {
    const flapping = (ms: number) => (ms % minutes(6) < minutes(3) ? [lost('a')] : []);
    const state = looks(noAlerts(start), start, minutes(60), flapping);
    const fired = words(state).filter((word) => word === 'firing a');
    expect(fired.length).toBeGreaterThan(1);
    // Every quarter of an hour, though it comes every six minutes.
    expect(fired.length).toBeLessThanOrEqual(5);
  });
});

describe('the moment of a message', () => {
  const look = (state: AlertState, ms: number, seen: readonly Trouble[], ends: readonly Trouble[] = []) =>
    told(state, seen, plus(start, ms), ['hook'], ends);
  const fired = () => look(look(noAlerts(start), 0, [lost('a')]), alertTimes.holdMs, [lost('a')]);

  it('is when the trouble is a minute old, and its end two', () => {
    const young = look(noAlerts(start), 0, [lost('a')]);
    expect(words(look(young, alertTimes.holdMs - 1, [lost('a')]))).toEqual([]);
    expect(words(fired())).toEqual(['firing a']);
    const clear = look(fired(), minutes(10), []);
    expect(words(look(clear, minutes(10) + alertTimes.clearMs - 1, []))).toEqual(['firing a']);
    expect(words(look(clear, minutes(10) + alertTimes.clearMs, []))).toEqual(['firing a', 'over a']);
  });

  it('is a minute after the one before', () => {
    const both = [lost('a'), lost('b')];
    const second = alertTimes.holdMs + seconds(1);
    const two = look(look(noAlerts(start), 0, [lost('a')]), seconds(1), both);
    const first = look(two, alertTimes.holdMs, both);
    expect(words(look(first, second, both))).toEqual(['firing a']);
    expect(words(look(first, alertTimes.holdMs + alertTimes.gapMs - 1, both))).toEqual(['firing a']);
    expect(words(look(first, alertTimes.holdMs + alertTimes.gapMs, both))).toEqual(['firing a', 'firing b']);
  });

  it('gives each its own id', () => {
    const ended = look(look(fired(), minutes(10), []), minutes(12), []);
    expect(ended.outbox.map(({ message }) => message.id)).toEqual([
      `alert-1-${plus(start, minutes(1))}`,
      `alert-2-${plus(start, minutes(12))}`,
    ]);
    expect(ended.messages).toBe(2);
  });

  it('tells how it ended, where that was known at any look', () => {
    const how: Trouble = { ...lost('a'), text: 'It came back.' };
    const itemOf = ({ outbox }: AlertState) => outbox.at(-1)?.message.items[0];
    const known = look(look(fired(), minutes(10), [], [how]), minutes(12), []);
    expect(itemOf(known)).toMatchObject({ state: 'over', how: 'It came back.' });
    const late = look(look(fired(), minutes(10), []), minutes(12), [], [how]);
    expect(itemOf(late)).toMatchObject({ state: 'over', how: 'It came back.' });
    const unknown = look(look(fired(), minutes(10), []), minutes(12), []);
    expect(itemOf(unknown)).not.toHaveProperty('how');
    expect(look(fired(), minutes(10), []).alerts['host-lost a']).not.toHaveProperty('how');
  });

  it('is not again for a quarter of an hour, and that is forgotten then', () => {
    const ended = look(look(fired(), minutes(10), []), minutes(12), []);
    const until = minutes(12) + alertTimes.quietMs;
    expect(ended.quietUntil).toEqual({ 'host-lost a': plus(start, until) });
    expect(look(ended, until - 1, []).quietUntil).toEqual(ended.quietUntil);
    expect(look(ended, until, []).quietUntil).toEqual({});
  });
});

describe('the outbox', () => {
  const message = (id: string): AlertMessage => ({ id, at: start, items: [] });
  const full = Array.from({ length: 60 }, (_, n) => `alert-${n}`).reduce(
    (state, id) => withOutgoing(state, message(id), ['hook', 'mail']),
    noAlerts(start),
  );

  it('holds a hundred, and gives up the oldest', () => {
    expect(full.outbox).toHaveLength(100);
    expect(full.outbox[0]?.message.id).toBe('alert-10');
    expect(full.givenUp).toBe(20);
  });

  it('loses only what was sent, for whom it was sent', () => {
    const [first] = full.outbox;
    if (first === undefined) throw new Error('the outbox is empty');
    const left = without(full, first).outbox;
    expect(left).toEqual(full.outbox.slice(1));
  });

  it('keeps a message for four hours', () => {
    const one = withOutgoing(noAlerts(start), message('alert-1'), ['hook', 'mail']);
    const after4h = (ms: number) => taken(one, plus(start, alertTimes.giveUpMs + ms), new Set()).state;
    expect([after4h(-1).outbox.length, after4h(-1).givenUp]).toEqual([2, 0]);
    expect([after4h(0).outbox.length, after4h(0).givenUp]).toEqual([0, 2]);
  });
});

describe('a message', () => {
  const one = (): AlertState => looks(noAlerts(start), start, minutes(2), () => [lost('a')]);
  const hook = new Set(['hook']);
  const dueIn = (state: AlertState, ms: number): readonly Outgoing[] =>
    taken(state, plus(start, ms), hook).due;

  it('is taken by one process, and again after a pause that grows', () => {
    let state = one();
    const pauses: number[] = [];
    let last = minutes(2);
    for (let now = minutes(2); pauses.length < 4; now += seconds(5)) {
      const next = taken(state, plus(start, now), hook);
      state = next.state;
      if (next.due.length > 0) {
        pauses.push((now - last) / 1000);
        last = now;
      }
    }
    expect(pauses).toEqual([0, 10, 20, 40]);
  });

  it('is gone when it was sent, and stays for a sender that is not configured here', () => {
    const state = one();
    const [due] = dueIn(state, minutes(2));
    if (due === undefined) throw new Error('nothing is due');
    expect(without(state, due).outbox).toEqual([]);
    expect(taken(state, plus(start, minutes(2)), new Set(['mail'])).due).toEqual([]);
  });

  it('is given up when it is of no use any more', () => {
    const { state, due } = taken(one(), plus(start, alertTimes.giveUpMs + minutes(2)), hook);
    expect([state.outbox, due, state.givenUp]).toEqual([[], [], 1]);
  });
});
