// The figures of streams that are put together by hand: what is told of how much, and in which order.

import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { type Figure, figuresOf } from './figures.ts';
import { binOf, type Histogram, nothingSeen, withValues } from './histogram.ts';
import type { StreamKey } from './sample.ts';
import { newStream, type Stream } from './stream.ts';

const now = at(0);
const times = (count: number, ms: number): Histogram =>
  withValues(
    nothingSeen,
    Array.from({ length: count }, () => Math.log(ms + 250)),
  );
const outcomes = (failed: number, passed: number): Histogram =>
  withValues(nothingSeen, [...Array(passed).fill(0), ...Array(failed).fill(1)]);
const stream = (usual: Histogram, lately: Histogram): Stream => ({
  ...newStream(now),
  seen: usual,
  lately: { seen: lately, asOf: now },
});
const told = (streams: Readonly<Record<string, Stream>>): readonly Figure[] =>
  figuresOf(new Map(Object.entries(streams) as [StreamKey, Stream][]), now, () => true);
const booting = (streams: Readonly<Record<string, Stream>>) =>
  told(streams).find(({ what }) => what === 'booting');
const ofHost = (usual: Histogram, lately: Histogram) =>
  booting({ 'time booting host:a': stream(usual, lately) });

describe('the figures', () => {
  it('are of each phase, and of each owner of whose failures something is known', () => {
    expect(told({}).map(({ what }) => what)).toEqual([
      ...['delivery', 'noticing', 'placing', 'starting'],
      ...['registering', 'booting', 'connecting', 'assigning', 'running', 'clearing'],
    ]);
    const some = told({
      'fail host all': stream(outcomes(0, 0), outcomes(0, 1)),
      'fail fleet all': stream(outcomes(1, 59), nothingSeen),
      'fail network all': stream(outcomes(1, 58), nothingSeen),
      'fail workflow all': stream(outcomes(50, 50), outcomes(5, 5)),
    });
    expect(some.filter(({ what }) => what === 'failures').map(({ owner }) => owner)).toEqual([
      'fleet',
      'host',
      'workflow',
    ]);
  });

  it('tell a usual of sixty jobs, and what is lately of three', () => {
    expect(ofHost(times(59, 3_000), times(3, 6_000))).not.toHaveProperty('usualMs');
    expect(ofHost(times(59, 3_000), times(3, 6_000))).not.toHaveProperty('ratio');
    expect(ofHost(times(60, 3_000), times(2, 6_000))).not.toHaveProperty('latelyMs');
    expect(ofHost(times(60, 3_000), times(2, 6_000))).not.toHaveProperty('ratio');
    const both = ofHost(times(60, 3_000), times(3, 6_000));
    expect(both).toMatchObject({ latelyJobs: 3 });
    expect(Math.abs((both?.usualMs ?? 0) - 3_000)).toBeLessThan(300);
    expect(Math.abs((both?.latelyMs ?? 0) - 6_000)).toBeLessThan(600);
    expect(Math.abs((both?.ratio ?? 0) - 6_250 / 3_250)).toBeLessThan(0.2);
  });

  it('tell what five of six do not exceed', () => {
    const mixed = withValues(
      times(51, 3_000),
      Array.from({ length: 9 }, () => Math.log(20_250)),
    );
    expect(ofHost(mixed, nothingSeen)?.highMs).toBeLessThan(3_500);
    const more = withValues(
      times(48, 3_000),
      Array.from({ length: 12 }, () => Math.log(20_250)),
    );
    expect(ofHost(more, nothingSeen)?.highMs).toBeGreaterThan(15_000);
  });

  it('put those hosts first that are most above their usual, by name among equals, five at most', () => {
    const slow = (ms: number) => stream(times(60, 3_000), times(5, ms));
    const hosts = { c: 9_000, b: 3_000, a: 3_000, d: 12_000, e: 3_000, f: 6_000, g: 30_000 };
    const streams = Object.fromEntries(
      Object.entries(hosts).map(([name, ms]) => [`time booting host:${name}`, slow(ms)]),
    );
    const untold = { 'time booting host:0': stream(times(10, 3_000), times(5, 9_000)) };
    const everything = { 'time booting all': slow(99_000) };
    expect(booting({ ...streams, ...untold, ...everything })?.subjects.map(({ subject }) => subject)).toEqual(
      ['host:g', 'host:d', 'host:c', 'host:f', 'host:a'],
    );
  });

  it('are of all hosts together', () => {
    const two = booting({
      'time booting host:a': stream(times(30, 3_000), times(2, 3_000)),
      'time booting host:b': stream(times(30, 3_000), times(2, 3_000)),
    });
    expect(two).toMatchObject({ latelyJobs: 4, ratio: 1 });
    const slower = booting({
      'time booting host:b': stream(times(40, 9_000), nothingSeen),
      'time booting host:a': stream(times(39, 3_000), nothingSeen),
    });
    expect(slower?.usualMs).toBeGreaterThan(8_000);
    const [few, many] = [stream(times(20, 9_000), nothingSeen), stream(times(60, 3_000), nothingSeen)];
    for (const both of [
      { 'time booting host:a': few, 'time booting host:b': many },
      { 'time booting host:a': many, 'time booting host:b': few },
    ]) {
      expect(booting(both)?.usualMs).toBeLessThan(3_500);
      expect(booting(both)?.highMs).toBeGreaterThan(8_000);
    }
  });

  it('tell of one host nothing where too little is known of it', () => {
    const little = stream(times(59, 3_000), times(5, 9_000));
    expect(booting({ 'time booting host:a': little })?.subjects).toEqual([]);
  });
});

describe('the figures of jobs themselves', () => {
  const own = (jobs: number, times: number) =>
    withValues(
      nothingSeen,
      Array.from({ length: jobs }, () => Math.log(times)),
    );
  const running = (usual: Histogram, lately: Histogram) =>
    told({ 'time running repository:acme/app': stream(usual, lately) }).find(
      ({ what }) => what === 'running',
    );

  it('are how many times its own usual each takes, and no time', () => {
    const slow = running(own(60, 1), own(3, 2));
    expect(Math.abs((slow?.ratio ?? 0) - 2)).toBeLessThan(0.2);
    expect(slow).toMatchObject({ owner: 'workflow', latelyJobs: 3 });
    expect(slow).not.toHaveProperty('usualMs');
  });

  it('are so whatever the usual of them is', () => {
    expect(Math.abs((running(own(60, 2), own(3, 4))?.ratio ?? 0) - 2)).toBeLessThan(0.2);
  });

  it('say nothing of too little', () => {
    expect(running(own(59, 1), own(3, 2))).not.toHaveProperty('ratio');
    expect(running(own(60, 1), own(2, 2))).not.toHaveProperty('ratio');
  });
});

describe('the figures of failures', () => {
  const failures = (usual: Histogram, lately: Histogram) =>
    told({ 'fail host all': stream(usual, lately) }).find(({ what }) => what === 'failures');

  it('are shares, and how many times the usual', () => {
    expect(binOf(1)).toBeGreaterThan(0);
    expect(failures(outcomes(6, 54), outcomes(2, 2))).toMatchObject({
      usualRate: 0.1,
      latelyRate: 0.5,
      ratio: 5,
      latelyJobs: 4,
    });
  });

  it('tell no ratio of what never failed, nor of too little', () => {
    expect(failures(outcomes(0, 60), outcomes(3, 0))).toMatchObject({ usualRate: 0, latelyRate: 1 });
    expect(failures(outcomes(0, 60), outcomes(3, 0))).not.toHaveProperty('ratio');
    expect(failures(outcomes(6, 53), outcomes(3, 0))).not.toHaveProperty('usualRate');
    expect(failures(outcomes(6, 53), outcomes(3, 0))).not.toHaveProperty('ratio');
    expect(failures(outcomes(6, 54), outcomes(2, 0))).not.toHaveProperty('latelyRate');
    expect(failures(outcomes(6, 54), outcomes(2, 0))).not.toHaveProperty('ratio');
    expect(failures(outcomes(6, 54), nothingSeen)).toMatchObject({ usualRate: 0.1, latelyJobs: 0 });
  });
});
