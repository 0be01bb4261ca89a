import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { hostId } from '../ids.ts';
import { type Instant, after as later } from '../time.ts';
import { anOutcome, aTime } from './attribution.fixture.ts';
import { explainers, isExplained, isTakenBy, mayBeExplained } from './explained.ts';
import type { Incident } from './incident.ts';
import { type Owner, owners } from './owners.ts';
import { defaultRules } from './rules.ts';
import type { StreamKey, Subject } from './sample.ts';
import { newStream, type Stream } from './stream.ts';

const open = (owner: Owner, subject = 'all'): Incident => ({
  ...{ id: `incident-${owner}`, owner, subject: subject as Subject },
  ...{ since: at(0), openedAt: at(0), evidence: [] },
});
const onHost1 = aTime(1, 'running', 1_000);
const key = (text: string) => text as StreamKey;

describe('what is open explains', () => {
  it('a longer job by the network, and by the host that it ran on', () => {
    expect(isExplained(onHost1, explainers([]))).toBe(false);
    expect(isExplained(onHost1, explainers([open('network')]))).toBe(true);
    expect(isExplained(onHost1, explainers([open('host', 'host:host-1')]))).toBe(true);
    expect(isExplained(anOutcome(1, 'workflow', true), explainers([open('network')]))).toBe(true);
  });

  it('nothing on another host, nor where nobody knows the host', () => {
    const { host: _, ...homeless } = onHost1;
    const slow = explainers([open('host', 'host:host-2')]);
    expect(isExplained(onHost1, slow)).toBe(false);
    expect(isExplained(homeless as typeof onHost1, slow)).toBe(false);
    expect(isExplained({ ...onHost1, host: hostId('host-2') }, slow)).toBe(true);
  });

  it('nothing on any one host when all hosts are meant, or the subject is no host', () => {
    expect(explainers([open('host')])).toEqual({ owners: new Set(['host']), hosts: new Set() });
    expect(explainers([open('workflow', 'host:host-1')]).hosts.size).toBe(0);
    expect(explainers([open('host', 'host:host-1')]).hosts).toEqual(new Set(['host-1']));
    expect(isExplained(onHost1, explainers([open('host')]))).toBe(false);
  });

  it('that room is found late by Bellows being late, and nothing else of anybody', () => {
    const waits = aTime(1, 'placing', 1_000);
    expect(isExplained(waits, explainers([open('bellows')]))).toBe(true);
    expect(isExplained(waits, explainers([open('network'), open('host', 'host:host-1')]))).toBe(false);
    const all = explainers(owners.map((owner) => open(owner, 'host:host-1')));
    expect(isExplained(aTime(1, 'booting', 1_000), all)).toBe(false);
  });
});

describe('what is on its way to an alarm', () => {
  const now: Instant = at(10_000);
  const cause = (over: Partial<Stream> = {}): Stream => ({
    ...newStream(now),
    evidence: defaultRules.openAt / 3,
    ...over,
  });
  const waitsFor = (of: string, other: string, stream: Stream = cause()) => {
    const streams = new Map([[key(other), stream]]);
    return mayBeExplained(key(of), streams, new Map(), now, defaultRules);
  };
  const running = 'time running repository:acme/app';

  it('may explain a longer or a failing job, if it is of the network or of a host', () => {
    for (const late of [running, 'fail workflow repository:acme/app'])
      for (const other of [
        'time connecting all',
        'fail network all',
        'time booting host:a',
        'time starting host:a',
        'fail host all',
      ])
        expect(waitsFor(late, other)).toBe(true);
    for (const other of [
      'time noticing all',
      'fail bellows all',
      'time placing all',
      'time connectingly all',
    ])
      expect(waitsFor(running, other)).toBe(false);
  });

  it('may explain that room is found late, if it is of Bellows', () => {
    for (const late of ['time placing labels:bellows', 'fail fleet all'])
      for (const other of ['time noticing all', 'fail bellows all']) expect(waitsFor(late, other)).toBe(true);
    expect(waitsFor('time placing labels:bellows', 'time connecting all')).toBe(false);
  });

  it('explains nothing of all else', () => {
    for (const late of ['time booting host:a', 'not time running x', 'not time placing x'])
      expect(waitsFor(late, 'time connecting all') || waitsFor(late, 'time noticing all')).toBe(false);
  });

  it('is waited for only while it is recent, strong, and not alarmed before', () => {
    const weak = cause({ evidence: defaultRules.openAt / 3 - 0.01 });
    expect(waitsFor(running, 'time connecting all', weak)).toBe(false);
    const seen = (ago: number) => cause({ lastAt: later(now, -ago) });
    expect(waitsFor(running, 'time connecting all', seen(2 * defaultRules.patienceMs))).toBe(true);
    expect(waitsFor(running, 'time connecting all', seen(2 * defaultRules.patienceMs + 1))).toBe(false);
    expect(waitsFor(running, 'time connecting all', cause({ alarmedAt: now }))).toBe(true);
    expect(waitsFor(running, 'time connecting all', cause({ alarmedAt: later(now, -1) }))).toBe(false);
  });

  it('is as this look has it, where this look has it', () => {
    const before = new Map([[key('time connecting all'), cause()]]);
    const calm = new Map([[key('time connecting all'), cause({ evidence: 0 })]]);
    expect(mayBeExplained(key(running), before, calm, now, defaultRules)).toBe(false);
    expect(mayBeExplained(key(running), calm, before, now, defaultRules)).toBe(true);
  });
});

it('an incident takes what spoke for one that it explains', () => {
  const takers = (text: string) => owners.filter((owner) => isTakenBy(key(text), owner));
  expect(takers('time running repository:acme/app')).toEqual(['host', 'network']);
  expect(takers('fail workflow repository:acme/app')).toEqual(['host', 'network']);
  expect(takers('time placing labels:bellows')).toEqual(['bellows']);
  expect(takers('fail fleet all')).toEqual(['bellows']);
  expect(takers('time booting host:a')).toEqual([]);
  expect(takers('not time running x')).toEqual([]);
});
