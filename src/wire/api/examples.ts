// Examples for the OpenAPI document. A test holds each one against the schema of its endpoint.

import type { AnswerOf, CallOf, EndpointName } from './endpoints.ts';
import type { ApiJob } from './jobs.ts';
import type { ApiVm } from './vms.ts';

export type ApiExamples = {
  readonly [N in EndpointName]?: { answer?: AnswerOf<N>; body?: CallOf<N>['body'] };
};

const now = '2026-01-31T08:00:00.000Z';
const image = `sha256:${'0123456789abcdef'.repeat(4)}`;

const job: ApiJob = {
  id: 31415926535,
  runId: 2718281828,
  runAttempt: 1,
  name: 'build',
  workflow: 'CI',
  repository: 'acme/app',
  branch: 'main',
  sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
  url: 'https://github.com/acme/app/actions/runs/2718281828/job/31415926535',
  labels: ['bellows-4cpu-8gb'],
  state: 'running',
  waitingFor: '',
  runner: 'bellows-1a2b3c-7d4k',
  vm: 'vm-0123456789ab',
  phase: 'running',
  phaseSince: '2026-01-31T07:58:10.000Z',
  usualMs: 240_000,
  firstSeenAt: '2026-01-31T07:58:00.000Z',
  since: '2026-01-31T07:58:10.000Z',
};

const vm: ApiVm = {
  id: 'vm-0123456789ab',
  state: 'busy',
  scope: 'org:acme#1',
  labels: ['bellows-4cpu-8gb'],
  milliCpus: 4000,
  memoryMib: 8192,
  diskGib: 20,
  image,
  host: 'host-0123456789ab',
  runnerName: 'bellows-1a2b3c-7d4k',
  job: job.id,
  cause: job.id,
  attempt: 0,
  requestedAt: '2026-01-31T07:58:00.100Z',
  since: '2026-01-31T07:58:10.000Z',
};

export const apiExamples: ApiExamples = {
  health: { answer: { ok: true } },
  listJobs: { answer: { now, jobs: [job], next: '1769846280000.31415926535' } },
  getJob: {
    answer: {
      now,
      job,
      phases: [
        { name: 'placing', owner: 'fleet', from: '2026-01-31T07:58:00.000Z', to: '2026-01-31T07:58:00.200Z' },
        { name: 'running', owner: 'workflow', from: '2026-01-31T07:58:10.000Z' },
      ],
      vm,
      resources: {
        ...{ cpuPercentPeak: 87, memoryMibPeak: 3120, diskMibPeak: 5400 },
        ...{ cpuPercentMean: 61, memoryMibMean: 1900, receivedBytes: 84_000_000, sentBytes: 3_100_000 },
      },
      repairs: [],
      attempts: [vm],
    },
  },
  listVms: { answer: { now, vms: [vm] } },
  vmLog: { answer: { vm: vm.id, lines: ['2026-01-31T07:58:09.000Z runner: √ Connected to GitHub'] } },
  orderHost: { body: { order: 'drain', by: 'octocat', why: 'new memory' } },
  makeEnrolToken: {
    body: { name: 'rack-7', owners: ['acme'] },
    answer: { token: 'shown once', expiresAt: '2026-01-31T09:00:00.000Z' },
  },
  listRepairs: {
    answer: {
      now,
      counts: { 'job-found-by-poll': 1 },
      repairs: [
        {
          number: 12,
          at: '2026-01-31T07:40:00.000Z',
          kind: 'job-found-by-poll',
          cause: 'no webhook told of it',
          subject: { kind: 'job', id: '31415926535' },
          owner: 'acme',
          data: {},
        },
      ],
    },
  },
};
