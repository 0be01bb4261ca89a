import { expect, test } from 'vitest';
import { type OpenIncident, verdictOf } from './verdict.ts';

const slow = (owner: OpenIncident['owner'], what: 'delivery' | 'booting', ratio: number, jobs: number) => ({
  owner,
  subject: what === 'booting' ? 'host:rack-1' : 'all',
  evidence: [{ what, ratio, jobs }],
});

test('nobody is to blame while everything is as usual', () => {
  expect(verdictOf([])).toEqual({
    side: 'nobody',
    owners: [],
    words: 'No. Nothing takes longer or fails more often than usual.',
  });
});

test('the answer names whose it is, of what, and by how much', () => {
  const { side, words } = verdictOf([slow('github-delivery', 'delivery', 4.23, 31)]);
  expect(side).toBe('github');
  expect(words).toBe(
    'No, it is GitHub: its webhooks, 4.2 times the usual until GitHub told us of the job, 31 jobs.',
  );
  expect(verdictOf([slow('host', 'booting', 2, 1)]).words).toBe(
    'Yes, it is us: host rack-1, 2.0 times the usual until the guest answered, 1 job.',
  );
});

test('failures are told as shares', () => {
  const failing: OpenIncident = {
    owner: 'workflow',
    subject: 'repository:acme/app',
    evidence: [{ what: 'failures', ratio: 8, seenRate: 0.62, jobs: 12 }],
  };
  expect(verdictOf([failing]).words).toBe(
    'No, it is a workflow: acme/app, 62 % of jobs failed by it, 8.0 times the usual, 12 jobs.',
  );
});

test('failures are told by what most of them failed by', () => {
  const reasons = [
    { words: 'a registry that said 429', jobs: 9 },
    { words: 'a name that did not resolve', jobs: 2 },
  ];
  const evidence = [{ what: 'failures' as const, ratio: 8, seenRate: 0.6, jobs: 12, reasons }];
  expect(verdictOf([{ owner: 'network', subject: 'all', evidence }]).words).toBe(
    'Yes, it is us: the network, 60 % of jobs failed by it, 8.0 times the usual, 9 of them by a registry that said 429, 12 jobs.',
  );
});

test('a host is called by its name, and not at all where that is not to be known', () => {
  const slowHost = slow('host', 'booting', 2, 1);
  expect(verdictOf([{ ...slowHost, name: 'cellar' }]).words).toMatch(
    /^Yes, it is us: host cellar, 2\.0 times/,
  );
  expect(verdictOf([{ ...slowHost, subject: 'host' }]).words).toMatch(/^Yes, it is us: a host, 2\.0 times/);
});

test('of several the one that costs most comes first, in whatever order they are given', () => {
  const open = [slow('host', 'booting', 2, 10), slow('github-delivery', 'delivery', 3, 100)];
  for (const order of [open, open.toReversed()]) {
    const { side, owners, words } = verdictOf(order);
    expect([side, ...owners]).toEqual(['github', 'github-delivery', 'host']);
    expect(words).toBe(
      'Partly us, most of it GitHub: its webhooks, 3.0 times the usual until GitHub told us of the job, 100 jobs. ' +
        'Ours is host rack-1, 2.0 times the usual until the guest answered, 10 jobs.',
    );
  }
});

test('what is smaller and not ours is counted', () => {
  const ours = slow('host', 'booting', 2, 100);
  const [webhooks, lesser] = [slow('github-delivery', 'delivery', 3, 20), slow('network', 'booting', 2, 1)];
  expect(verdictOf([webhooks, ours]).words).toMatch(
    /^Yes, it is us: host .* 1 more thing is not as usual\.$/,
  );
  expect(verdictOf([webhooks, slow('host', 'booting', 2, 5), lesser]).words).toMatch(
    /^Partly us, .* Ours is host .* 1 more thing is not as usual\.$/,
  );
});

test('many jobs that lose little weigh as much as few that lose much', () => {
  const few = slow('network', 'delivery', 6, 10);
  const first = (jobs: number) => verdictOf([few, slow('bellows', 'delivery', 1.5, jobs)]).owners[0];
  expect([90, 110].map(first)).toEqual(['network', 'bellows']);
});

test('a job that lost nearly nothing counts a tenth, also where it is faster than usual', () => {
  const few = slow('network', 'delivery', 1.5, 10);
  for (const ratio of [1.02, 0.5]) {
    const first = (jobs: number) => verdictOf([few, slow('bellows', 'delivery', ratio, jobs)]).owners[0];
    expect([45, 55].map(first)).toEqual(['network', 'bellows']);
  }
});

test('what is ours is told beside what is not, the largest of ours first', () => {
  const workflow = slow('workflow', 'delivery', 3, 100);
  const [lesser, larger] = [slow('network', 'delivery', 3, 5), slow('host', 'booting', 3, 50)];
  expect(verdictOf([lesser, larger, workflow]).words).toMatch(
    /^Partly us, most of it a workflow: .*Ours is host /,
  );
  expect(verdictOf([workflow, slow('github-api', 'delivery', 3, 5)]).words).toMatch(
    /^No, it is a workflow: .* 1 more thing is not as usual\.$/,
  );
});

test('of several that are ours none is told as only partly ours', () => {
  const both = [slow('network', 'delivery', 3, 50), slow('host', 'booting', 3, 5)];
  expect(verdictOf(both).words).toMatch(/^Yes, it is us: the network, .* 1 more thing is not as usual\.$/);
});
