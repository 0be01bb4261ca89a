import { describe, expect, it } from 'vitest';
import { t0 } from '../domain.fixture.ts';
import { linesOf, titleOf } from './message-text.ts';
import type { AlertMessage, Told } from './tell.ts';

const host: Told = {
  state: 'firing',
  rule: 'host-lost',
  subject: 'rack-1',
  text: 'Host rack-1 says nothing.',
  since: t0,
};
const over: Told = { ...host, state: 'over' };
const storm: Told = { ...host, rule: 'repair-storm', subject: '', text: 'Much was mended.' };
const message = (...items: readonly Told[]): AlertMessage => ({ id: 'alert-1', at: t0, items });

describe('the title of a message', () => {
  it('is what it is about when that is one thing', () => {
    expect(titleOf(message(host))).toBe('Bellows: host-lost rack-1');
    expect(titleOf(message(over))).toBe('Bellows: host-lost rack-1 is over');
    expect(titleOf(message(storm))).toBe('Bellows: repair-storm');
  });

  it('counts what is new and what is over when these are several', () => {
    expect(titleOf(message(host, over, over))).toBe('Bellows: 1 new, 2 over');
    expect(titleOf(message(host, storm))).toBe('Bellows: 2 new');
    expect(titleOf(message(over, over))).toBe('Bellows: 2 over');
  });
});

describe('the lines of a message', () => {
  it('say what is wrong, since when, and how it ended where that is known', () => {
    expect(linesOf(message(host, storm, over, { ...over, how: 'It lasted for a minute.' }))).toEqual([
      'Host rack-1 says nothing. (host-lost rack-1, since 2026-03-01T12:00:00.000Z)',
      'Much was mended. (repair-storm, since 2026-03-01T12:00:00.000Z)',
      'Over: host-lost rack-1 is over, since 2026-03-01T12:00:00.000Z',
      'Over: host-lost rack-1 is over, since 2026-03-01T12:00:00.000Z. It lasted for a minute.',
    ]);
  });
});
