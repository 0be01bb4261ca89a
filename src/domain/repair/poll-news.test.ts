import { describe, expect, it } from 'vitest';
import { aJob, at, delivery, read, someRunner, t0 } from '../domain.fixture.ts';
import { deliveryGraceMs, newsOf } from './poll-news.ts';

const now = at(600);

describe('what a look finds out', () => {
  it('of a job that nobody told of is news, unless its delivery may be on its way', () => {
    expect(newsOf(undefined, read('queued', now), t0, now)).toBe('news');
    expect(newsOf(undefined, read('queued', now), undefined, now)).toBe('news');
    expect(newsOf(undefined, read('queued', at(10)), t0, at(10))).toBe('early');
    const onTheMark = at(deliveryGraceMs / 1000);
    expect(newsOf(undefined, read('queued', onTheMark), t0, onTheMark)).toBe('news');
  });

  it('and was known is no news, however often it is seen', () => {
    expect(newsOf(aJob(), read('queued', now), t0, now)).toBe('none');
    const running = aJob({}, delivery('in_progress', t0, { runner: someRunner }));
    expect(newsOf(running, read('in_progress', now, { runner: someRunner }), t0, now)).toBe('none');
  });

  it('and is further on than we knew is news', () => {
    const fact = read('in_progress', now, { runner: someRunner });
    expect(newsOf(aJob(), fact, t0, now)).toBe('news');
    expect(newsOf(aJob(), fact, at(599), now)).toBe('early');
    expect(newsOf(aJob(), read('completed', now), t0, now)).toBe('news');
  });

  it('and tells the runner that we did not know is news: its VM learns of it', () => {
    const running = aJob({}, delivery('in_progress', t0));
    expect(newsOf(running, read('in_progress', now, { runner: someRunner }), t0, now)).toBe('news');
  });

  it('and was open to us is an answer, which nothing else will give', () => {
    const undecided = aJob({ undecided: true, state: 'waiting' });
    expect(newsOf(undecided, read('queued', now), at(599), now)).toBe('news');
  });

  it('and is a stale copy of the past is no news', () => {
    const done = aJob({}, delivery('completed', t0));
    expect(newsOf(done, read('in_progress', now), t0, now)).toBe('none');
  });

  it('of a foreign job counts only at its end', () => {
    const foreign = aJob({ service: { kind: 'foreign' }, state: 'foreign' });
    expect(newsOf(foreign, read('in_progress', now), t0, now)).toBe('none');
    expect(newsOf(foreign, read('completed', now), t0, now)).toBe('news');
  });
});
