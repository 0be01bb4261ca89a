import { at } from '../domain.fixture.ts';
import { jobId, runnerName, type ScopeKey } from '../ids.ts';
import type { FinishedJob } from './finished-job.ts';

/** A job of a minute, of which a test says only what it is about. */
export const aFinishedJob = (id: number, over: Partial<FinishedJob> = {}): FinishedJob => ({
  job: jobId(id),
  owner: 'acme',
  repository: 'acme/app',
  workflow: 'CI',
  name: 'build',
  actor: 'octocat',
  end: 'success',
  endedAt: at(3_600),
  ms: 60_000,
  waitMs: 5_000,
  sha: 'a'.repeat(40),
  labels: 'bellows-2cpu-4gb',
  scope: 'org:acme#1' as ScopeKey,
  runner: runnerName('bellows-x-vm-1'),
  ...over,
});
