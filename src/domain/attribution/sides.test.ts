// Whose it is when several are to blame, and what is told of each.

import { describe, expect, it } from 'vitest';
import { aTime } from './attribution.fixture.ts';
import { type Owner, owners } from './owners.ts';
import { streamOf, subjectOf } from './sample.ts';
import { type OpenIncident, verdictOf } from './verdict.ts';

const late = (owner: Owner, jobs: number, over: Partial<OpenIncident> = {}): OpenIncident => ({
  owner,
  subject: 'all',
  evidence: [{ what: 'delivery', ratio: 2, jobs }],
  ...over,
});

describe('whose it is', () => {
  it.each<[Owner, string]>([
    ['github-delivery', 'No, it is GitHub: its webhooks,'],
    ['github-api', 'No, it is GitHub: its API,'],
    ['github-assignment', 'No, it is GitHub: its assignment of jobs,'],
    ['bellows', 'Yes, it is us: Bellows itself,'],
    ['fleet', 'Yes, it is us: too few hosts,'],
    ['host', 'Yes, it is us: a host,'],
    ['network', 'Yes, it is us: the network,'],
  ])('%s has its words', (owner, words) => {
    expect(verdictOf([late(owner, 3)]).words.slice(0, words.length)).toBe(words);
  });

  it('has words for each owner', () => {
    for (const owner of owners) expect(verdictOf([late(owner, 3)]).side).toMatch(/^(us|github|workflow)$/);
  });

  it('is by name among those that cost the same, in whatever order they are given', () => {
    const both = [late('network', 3), late('bellows', 3), late('host', 3)];
    for (const given of [both, both.toReversed()])
      expect(verdictOf(given).owners).toEqual(['bellows', 'host', 'network']);
  });

  it('is partly us when GitHub’s is larger, and the rest is counted', () => {
    const all = [late('github-api', 90), late('network', 30), late('workflow', 20), late('bellows', 10)];
    const { side, words } = verdictOf(all);
    expect(side).toBe('github');
    expect(words).toMatch(
      /^Partly us, most of it GitHub: its API, .*, 90 jobs\. Ours is the network, .*, 30 jobs\. 2 more things are not as usual\.$/,
    );
    expect(verdictOf(all.slice(0, 3)).words).toMatch(/ 1 more thing is not as usual\.$/);
    expect(verdictOf(all.slice(0, 2)).words).not.toContain('as usual.');
  });

  it('names label sets and hosts by what people call them', () => {
    expect(verdictOf([late('fleet', 3, { subject: 'labels:bellows-2cpu-4gb' })]).words).toContain(
      'too few hosts for bellows-2cpu-4gb,',
    );
    expect(verdictOf([late('host', 3, { subject: 'host:host-17', name: 'rack-1' })]).words).toContain(
      'it is us: host rack-1,',
    );
  });

  it('tells what most jobs saw, of as many jobs what was worst', () => {
    const evidence = [
      { what: 'delivery', ratio: 9, jobs: 2 },
      { what: 'booting', ratio: 2, jobs: 5 },
      { what: 'starting', ratio: 3, jobs: 5 },
    ] as const;
    for (const given of [evidence, evidence.toReversed()])
      expect(verdictOf([late('host', 0, { evidence: given })]).words).toContain('3.0 times the usual');
  });

  it('is told without figures where there are none', () => {
    expect(verdictOf([late('network', 0, { evidence: [] })]).words).toBe('Yes, it is us: the network.');
  });
});

describe('what a sample is counted by', () => {
  it('is its label set, its host or its repository, and nothing where that is not known', () => {
    const { host: _, ...homeless } = aTime(1, 'booting', 1);
    expect(subjectOf(aTime(1, 'placing', 1))).toBe('labels:bellows');
    expect(streamOf(aTime(1, 'running', 1))).toBe('time running repository:acme/app');
    expect(streamOf(aTime(1, 'booting', 1))).toBe('time booting host:host-1');
    expect(streamOf(homeless as ReturnType<typeof aTime>)).toBeUndefined();
  });
});
