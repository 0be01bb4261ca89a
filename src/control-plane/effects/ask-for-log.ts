import type { Job } from '../../domain/lifecycle/job.ts';
import { after, seconds } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';

/** GitHub has the log some seconds after the job. */
const logDelayMs = seconds(10);

/** Of a job that ran and failed, in the transaction that learns it. */
export async function askForLog(
  tx: Transaction,
  { clock, settings }: { clock: Deps['clock']; settings: Partial<Pick<Deps['settings'], 'readLogs'>> },
  before: Job,
  now: Job,
): Promise<void> {
  if (settings.readLogs !== true || before.knowledge.completed !== undefined || !hasFailed(now)) return;
  await tx.tasks.enqueue({ kind: 'read-log', job: now.id }, after(clock.now(), logDelayMs));
  tx.wake('tasks');
}

/** Only what ran by us has a log that is ours to read. */
export const hasFailed = ({ service, knowledge: { completed, started } }: Job): boolean =>
  service.kind === 'ours' &&
  started !== undefined &&
  (completed?.conclusion === 'failure' || completed?.conclusion === 'timed_out');
