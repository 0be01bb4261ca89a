import { describe, expect, it } from 'vitest';
import { hostId } from '../ids.ts';
import type { Host } from '../scheduling/host.ts';
import { instantOf, minutes, seconds } from '../time.ts';
import { lookAt, mayHaveNews, missedLooks, silenceOf } from './host-removal.ts';

const silence = seconds(90);
const host: Host = {
  id: hostId('host-1'),
  name: 'one',
  owners: [],
  signingKey: {},
  sealingKey: {},
  state: 'online',
  enrolledAt: instantOf(0),
  generation: 1,
  revision: 0,
};
const at = (ms: number) => instantOf(1_000_000_000 + ms);

describe('the silence of a host', () => {
  it('counts from its last word while somebody listens', () => {
    const state = lookAt(lookAt(undefined, at(0), silence), at(seconds(20)), silence);
    expect(silenceOf({ ...host, lastHeardAt: at(seconds(5)) }, state, at(seconds(40)))).toBe(seconds(35));
  });

  it('does not begin before we are back from our own downtime', () => {
    const before = lookAt(undefined, at(0), silence);
    const back = lookAt(before, at(minutes(60)), silence);
    const quiet = { ...host, lastHeardAt: at(seconds(1)) };
    expect(silenceOf(quiet, back, at(minutes(60) + seconds(10)))).toBe(seconds(10));
    const later = lookAt(back, at(minutes(61)), silence);
    expect(silenceOf(quiet, later, at(minutes(62)))).toBe(minutes(2));
  });

  it('keeps what it knows of questions to GitHub', () => {
    expect(lookAt({ asked: { 'host-1': at(3) } }, at(9), silence).asked).toEqual({ 'host-1': at(3) });
  });
});

describe('news of a host', () => {
  const quiet = { ...host, lastHeardAt: at(seconds(1)) };
  const back = lookAt(lookAt(undefined, at(0), silence), at(minutes(60)), silence);

  it('are waited for after our own downtime, for as long as a host may be silent', () => {
    expect(mayHaveNews(quiet, back, at(minutes(60) + seconds(10)), silence)).toBe(true);
    const later = lookAt(back, at(minutes(61)), silence);
    expect(mayHaveNews(quiet, later, at(minutes(60) + silence), silence)).toBe(false);
  });

  it('may come while nobody has looked yet since we are back', () => {
    expect(mayHaveNews(quiet, lookAt(undefined, at(0), silence), at(minutes(60)), silence)).toBe(true);
  });

  it('are not expected of a host that spoke since, nor while we were there all the time', () => {
    const spoke = { ...host, lastHeardAt: at(minutes(60) + seconds(2)) };
    expect(mayHaveNews(spoke, back, at(minutes(60) + seconds(10)), silence)).toBe(false);
    const there = lookAt(lookAt(undefined, at(-minutes(10)), minutes(9)), at(-seconds(60)), silence);
    expect(mayHaveNews(quiet, { ...there, listeningSince: at(-minutes(10)) }, at(seconds(20)), silence)).toBe(
      false,
    );
  });
});

describe('two looks in a row', () => {
  const looked = lookAt(undefined, at(0), silence);

  it('were missed after half of the silence: the database may be an older copy', () => {
    expect(missedLooks(looked, at(silence / 2), silence)).toBe(true);
    expect(missedLooks(looked, at(silence / 2 - 1), silence)).toBe(false);
  });

  it('were not missed before the first one, nor by a clock that is behind', () => {
    expect(missedLooks(undefined, at(0), silence)).toBe(false);
    expect(missedLooks({ asked: {} }, at(0), silence)).toBe(false);
    expect(missedLooks(looked, at(-minutes(20)), silence)).toBe(false);
  });
});
