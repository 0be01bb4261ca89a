import { expect, it } from 'vitest';
import { noCredentials, noGitHub } from '../../test/support/no-credentials.ts';
import { answered } from '../wire/api/endpoint.ts';
import type { AnswerOf, ApiClient } from '../wire/api/endpoints.ts';
import { explainJob } from './explain.ts';

const now = '2026-01-01T12:00:00.000Z';
const vm = {
  id: 'vm-1',
  state: 'gone',
  scope: 'org:acme#1',
  labels: [],
  milliCpus: 2000,
  memoryMib: 4096,
  diskGib: 20,
  image: 'sha256:a',
  runnerName: 'r',
  cause: 11,
  attempt: 0,
  requestedAt: now,
  since: now,
  host: 'host-1',
  failure: { reason: 'the guest never answered', owner: 'host' },
} as const;
const detail: AnswerOf<'getJob'> = {
  now,
  job: {
    id: 11,
    runId: 22,
    runAttempt: 1,
    name: 'build',
    workflow: 'CI',
    repository: 'acme/app',
    branch: 'main',
    sha: 'abc',
    url: '',
    labels: [],
    state: 'queued',
    waitingFor: 'full: 3 of 3 hosts',
    phase: 'placing',
    phaseSince: '2026-01-01T11:55:00.000Z',
    usualMs: 90_000,
    firstSeenAt: now,
    since: now,
  },
  phases: [
    { name: 'delivery', owner: 'github', from: '2026-01-01T11:54:58.500Z', to: '2026-01-01T11:55:00.000Z' },
    { name: 'placing', owner: 'fleet', from: '2026-01-01T11:55:00.000Z' },
  ],
  repairs: [
    { at: now, kind: 'vm-replaced', cause: 'guest-silent', subject: { kind: 'vm', id: 'vm-1' }, data: {} },
  ],
  attempts: [{ ...vm, labels: [] }],
};
const explained = (value: typeof detail) => {
  const api: ApiClient = { call: async () => answered(value) as never };
  return explainJob(11)(api, {
    operator: 'me',
    say() {},
    pause: async () => {},
    credentials: noCredentials,
    github: noGitHub,
  });
};

it('says why a job waits, whose its time was, what failed and what was mended', async () => {
  const outcome = await explained(detail);
  if (!outcome.ok) throw new Error(outcome.message);
  expect(outcome.text).toBe(`acme/app build (11): queued

It waits: full: 3 of 3 hosts. Jobs of this name usually run 1 min 30 s.

PHASE     TOOK              WHOSE IT IS
delivery  1.5 s             github
placing   5 min 0 s so far  fleet
By owner: fleet 5 min 0 s, github 1.5 s

VMs on its account that failed:

VM    HOST    WHOSE IT IS  WHY
vm-1  host-1  host         the guest never answered

Mended on its way:

UTC                       WHAT         WHY           OF
2026-01-01T12:00:00.000Z  vm-replaced  guest-silent  vm vm-1`);
  expect(outcome.json).toMatchObject({ byOwner: { fleet: 300_000, github: 1_500 }, job: { id: 11 } });
});

it('says what a job does that waits for nothing', async () => {
  const outcome = await explained({ ...detail, job: { ...detail.job, waitingFor: '' }, phases: [] });
  expect(outcome).toMatchObject({
    text: expect.stringContaining('It is in the phase placing, for 5 min 0 s.'),
  });
});

it('says which label would do, what that would free, and what its runs used', async () => {
  const size = { milliCpus: 8_000, memoryMib: 16_384, diskGib: 30 };
  const measured = {
    ...{ days: 28, runs: 9, has: size, label: 'bellows-8cpu-16gb', advised: 'bellows-2cpu-4gb' },
    peaks: { cpuPercent: 150, memoryMib: 2_560, diskMib: 900 },
    frees: { milliCpus: 6_000, memoryMib: 12_288, diskGib: 0 },
  };
  const says = async (over: Partial<typeof measured> | object): Promise<unknown> =>
    explained({ ...detail, measured: { ...measured, ...over } });
  expect(await says({})).toMatchObject({
    text: expect.stringContaining(
      'bellows-2cpu-4gb would do in place of bellows-8cpu-16gb and free 6.0 CPUs and 12.0 GiB: the most that 9 runs used is 1.5 CPUs and 2.5 GiB of memory.\n',
    ),
  });
  const means = { cpuPercent: 90, memoryMib: 1_024 };
  expect(await says({ means, traffic: { receivedBytes: 2e8, sentBytes: 3e6 } })).toMatchObject({
    text: expect.stringContaining(
      'GiB of memory, on average 0.9 CPUs and 1.0 GiB. A run has 200.0 MB in and 3.0 MB out.\n',
    ),
  });
});
