// A runner without a process: listens with a registration and does with its job what it is told. The simulation starts
// one for each VM of the `sim` driver; time passes only on the clock.

import type { JobId } from '../../domain/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import { runnerOfJitConfig } from './jit-config.ts';
import { acquireJob, completeJob, renewJob } from './job-calls.ts';
import { closeSession, openSession, poll } from './sessions.ts';
import type { SimGithub } from './sim-github.ts';
import type { Conclusion, Job, Session } from './state.ts';

export interface JobWork {
  /** How long the job runs unless it is cancelled. */
  durationMs: number;
  conclusion: Conclusion;
  outputs?: Readonly<Record<string, string>>;
}

export interface InProcessRunnerOptions {
  github: SimGithub;
  clock: Clock;
  jitConfig: string;
  /** Asked when a job is acquired. */
  work: (job: Job) => JobWork;
  /** Aborts: the machine is gone, nothing more is said to GitHub. */
  signal: AbortSignal;
  on?: Partial<RunnerEvents>;
}

export interface RunnerEvents {
  listening: () => void;
  jobStarted: (job: { id: JobId; name: string }) => void;
  jobEnded: (job: { id: JobId; name: string }, conclusion: Conclusion) => void;
}

/** The real runner's exit code: 0 after a job or when the registration is gone, 1 when it may not connect. */
export async function runInProcess(options: InProcessRunnerOptions): Promise<number> {
  const { github, signal } = options;
  const runner = runnerOfJitConfig(github.world, options.jitConfig);
  const opened = runner ? openSession(github.world, runner, { os: 'Linux', version: '2.336.0' }) : undefined;
  if (!opened?.ok) return opened?.status === 409 ? 5 : 1;
  const session = opened.value;
  options.on?.listening?.();
  while (!signal.aborted) {
    const polled = await poll(github.world, session.id, 'Online', signal);
    if (polled.kind === 'runner-gone' || polled.kind === 'no-session') return 0;
    if (polled.kind !== 'message' || polled.message.kind !== 'job') continue;
    const { job } = polled.message;
    const acquired = acquireJob(github.world, session.runner, job.requestId);
    if (!acquired.ok) continue;
    await runJob(options, session, job);
    if (!signal.aborted) closeSession(github.world, session.id);
    return 0;
  }
  return -1;
}

async function runJob(options: InProcessRunnerOptions, session: Session, job: Job): Promise<void> {
  const { github, clock, signal } = options;
  const work = options.work(job);
  const named = { id: job.id, name: job.name };
  options.on?.jobStarted?.(named);
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal.addEventListener('abort', abort, { once: true });
  const worked = clock.sleep(work.durationMs, stop.signal).then(
    () => 'worked' as const,
    () => 'stopped' as const,
  );
  const cancelled = waitForCancel(github, session, stop.signal);
  const renewing = renewEveryMinute(github, clock, job, stop.signal);
  const ended = await Promise.race([worked, cancelled]);
  stop.abort();
  signal.removeEventListener('abort', abort);
  await Promise.all([worked, cancelled, renewing]);
  if (signal.aborted) return;
  const conclusion = ended === 'cancelled' ? 'cancelled' : work.conclusion;
  completeJob(github.world, {
    planId: job.planId,
    guid: job.guid,
    conclusion,
    outputs: work.outputs ?? {},
  });
  options.on?.jobEnded?.(named, conclusion);
}

async function waitForCancel(
  github: SimGithub,
  session: Session,
  signal: AbortSignal,
): Promise<'cancelled' | 'stopped'> {
  while (!signal.aborted) {
    const polled = await poll(github.world, session.id, 'Busy', signal);
    if (polled.kind === 'message' && polled.message.kind === 'cancel') return 'cancelled';
    if (polled.kind === 'no-session' || polled.kind === 'runner-gone') break;
  }
  return new Promise((resolve) => {
    if (signal.aborted) resolve('stopped');
    else signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
}

async function renewEveryMinute(
  github: SimGithub,
  clock: Clock,
  job: Job,
  signal: AbortSignal,
): Promise<void> {
  const passed = (): Promise<boolean> =>
    clock.sleep(60_000, signal).then(
      () => true,
      () => false,
    );
  while (await passed()) renewJob(github.world, job.planId, job.guid);
}
