import { describe, expect, it } from 'vitest';
import { type Instant, instantOf, minutes, after as plus, seconds } from '../time.ts';
import type { Trouble } from './rules.ts';
import { type AlertState, alertTimes, noAlerts, type Outgoing, taken, told, without } from './tell.ts';

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
