// Whose each phase is and what its usual is of, as docs/attribution.md has it.

import { describe, expect, it } from 'vitest';
import { owners as actingOwners } from '../lifecycle/vm.ts';
import { anOutcome, aTime } from './attribution.fixture.ts';
import {
  type MeasuredPhase,
  measuredPhases,
  type Owner,
  ownerOfVmFailure,
  owners,
  ownerWords,
  phaseRules,
} from './owners.ts';
import { ownerOf, streamOf, subjectOf } from './sample.ts';
import { isPerRun } from './stream.ts';

describe('a phase', () => {
  it.each<[MeasuredPhase, Owner, string]>([
    ['delivery', 'github-delivery', 'all'],
    ['noticing', 'bellows', 'all'],
    ['placing', 'fleet', 'labels:bellows'],
    ['starting', 'host', 'host:host-1'],
    ['registering', 'github-api', 'all'],
    ['booting', 'host', 'host:host-1'],
    ['connecting', 'network', 'all'],
    ['assigning', 'github-assignment', 'all'],
    ['running', 'workflow', 'repository:acme/app'],
    ['clearing', 'host', 'host:host-1'],
  ])('%s is of %s, and its usual of %s', (phase, owner, subject) => {
    const sample = aTime(1, phase, 1_000);
    expect(ownerOf(sample)).toBe(owner);
    expect(subjectOf(sample)).toBe(subject);
    expect(streamOf(sample)).toBe(`time ${phase} ${subject}`);
  });

  it('has words of its own, that can follow "the usual"', () => {
    const words = measuredPhases.map((phase) => phaseRules[phase].words);
    expect(words.filter((text) => /^(until|for) the .+|^(until|for) (a|GitHub) .+/.test(text))).toEqual(
      words,
    );
    expect(new Set(words).size).toBe(measuredPhases.length);
  });

  it('is judged by how many are far out for room alone, which is all or nothing', () => {
    expect(measuredPhases.filter((phase) => phaseRules[phase].change === 'share')).toEqual(['placing']);
  });
});

describe('the failures', () => {
  it.each<[Owner, string]>([
    ['github-delivery', 'all'],
    ['github-api', 'all'],
    ['github-assignment', 'all'],
    ['bellows', 'all'],
    ['fleet', 'all'],
    ['host', 'host:host-1'],
    ['network', 'all'],
    ['workflow', 'repository:acme/app'],
  ])('of %s are counted of %s', (owner, subject) => {
    const sample = anOutcome(1, owner, true);
    expect(ownerOf(sample)).toBe(owner);
    expect(streamOf(sample)).toBe(`fail ${owner} ${subject}`);
  });

  it('of a VM are of whoever had to act; GitHub’s are of its API, for nothing else of it fails a VM', () => {
    for (const owner of actingOwners)
      expect(ownerOfVmFailure[owner]).toBe(owner === 'github' ? 'github-api' : owner);
  });
});

it('each owner has words of its own', () => {
  const words = owners.map((owner) => ownerWords[owner]);
  expect(words.filter((text) => text.length > 5)).toEqual(words);
  expect(new Set(words).size).toBe(owners.length);
});

it('only what jobs of one run share, which is their commit, counts once for a run', () => {
  expect(measuredPhases.filter((phase) => isPerRun(aTime(1, phase, 1)))).toEqual(['running']);
  expect(owners.filter((owner) => isPerRun(anOutcome(1, owner, true)))).toEqual(['workflow']);
});
