import { describe, expect, test } from 'vitest';
import { hostId } from '../ids.ts';
import { hours, instantOf, minutes } from '../time.ts';
import { anOutcome, aTime, watcher } from './attribution.fixture.ts';
import { figuresOf } from './figures.ts';

const bootsOf = (host: string, count: number, ms: number, watch = watcher()) => {
  for (let n = 0; n < count; n++)
    watch.minute([
      aTime(n, 'booting', ms + (n % 5) * 100, { host: hostId(host) }),
      anOutcome(n, 'host', false),
    ]);
  return watch;
};
const shown = (watch: ReturnType<typeof watcher>, at = watch.now()) =>
  figuresOf(watch.streams, at, () => true);
const booting = (watch: ReturnType<typeof watcher>, at = watch.now()) =>
  shown(watch, at).find(({ what }) => what === 'booting');

describe('the figures beside the usual', () => {
  test('tell the middle of the last hour and the usual, before and while something is wrong', () => {
    const watch = bootsOf('host-1', 200, 3_000);
    expect(booting(watch)?.ratio).toBeCloseTo(1, 1);
    bootsOf('host-1', 60, 9_000, watch);
    const slow = booting(watch);
    expect(slow?.usualMs).toBeGreaterThan(2_900);
    expect(slow?.usualMs).toBeLessThan(3_600);
    expect(slow?.latelyMs).toBeGreaterThan(8_000);
    expect(slow?.ratio).toBeGreaterThan(2.2);
  });

  test('name the host that is above its usual, where the others are not, and only where it may be named', () => {
    const watch = bootsOf('host-1', 100, 3_000);
    bootsOf('host-2', 100, 3_000, watch);
    bootsOf('host-2', 20, 12_000, watch);
    expect(booting(watch)?.subjects[0]).toMatchObject({ subject: 'host:host-2' });
    const hidden = figuresOf(watch.streams, watch.now(), () => false).flatMap(({ subjects }) => subjects);
    expect(hidden).toEqual([]);
  });

  test('say nothing of what is too little, and forget what is long ago', () => {
    expect(booting(bootsOf('host-1', 10, 3_000))).not.toHaveProperty('usualMs');
    const watch = bootsOf('host-1', 100, 3_000);
    const later = booting(watch, instantOf(watch.now() + hours(6)));
    expect(later).not.toHaveProperty('latelyMs');
    expect(later).toHaveProperty('usualMs');
    expect(booting(watch, instantOf(watch.now() + minutes(5)))).toHaveProperty('latelyMs');
  });

  test('tell failures as shares, and leave out owners of whom nothing was seen', () => {
    const watch = watcher();
    for (let n = 0; n < 100; n++) watch.minute([anOutcome(n, 'network', n % 10 === 0)]);
    const failures = shown(watch).filter(({ what }) => what === 'failures');
    expect(failures).toMatchObject([{ owner: 'network', usualRate: expect.closeTo(0.1, 1) }]);
  });

  test('tell the jobs’ own times as how many times each one’s usual, by repository', () => {
    const watch = watcher();
    const run = (n: number, times: number) =>
      watch.minute([
        aTime(n, 'running', 60_000 * times, { name: 'short' }),
        aTime(n, 'running', 3_600_000 * times, { name: 'long' }),
        aTime(n, 'running', 60_000, { name: 'other', repository: 'acme/calm' }),
        anOutcome(n, 'workflow', times > 1),
      ]);
    const own = (what: 'running' | 'failures') =>
      shown(watch).find((one) => one.what === what && one.owner === 'workflow');
    for (let n = 0; n < 150; n++) run(n, 1);
    expect(own('running')?.ratio).toBeCloseTo(1, 1);
    for (let n = 150; n < 210; n++) run(n, 2);
    const running = own('running');
    expect(running).not.toHaveProperty('usualMs');
    expect(running?.subjects[0]).toMatchObject({ subject: 'repository:acme/app' });
    expect(running?.subjects[0]?.ratio).toBeGreaterThan(1.7);
    expect(running?.subjects[0]?.ratio).toBeLessThan(2.2);
    const failures = own('failures');
    expect(failures?.usualRate).toBeLessThan(0.1);
    expect(failures?.latelyRate).toBeGreaterThan(0.6);
  });
});
