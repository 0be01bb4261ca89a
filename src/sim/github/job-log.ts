import type { Job } from './state.ts';

/** The job's log as its runner sent it, or the logs of its steps one after the other. */
export function logOf(job: Job): string | undefined {
  if (job.logText !== undefined) return job.logText;
  const parts = job.steps
    .map((step) => job.stepLogs.get(step.externalId))
    .filter((text) => text !== undefined);
  return parts.length === 0 ? undefined : parts.join('');
}
