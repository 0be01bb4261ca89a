// A runner without a process: listens with a registration and does with its job what it is told. The simulation starts
// one for each VM of the `sim` driver; time passes only on the clock. It re-polls and renews by reckoning where a process
// would do it once a minute, so that a job costs the same however long it runs.

import type { JobId } from '../../domain/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import { runnerOfJitConfig } from './jit-config.ts';
import { acquireJob, completeJob, keepRenewing } from './job-calls.ts';
import { closeSession, openSession, type Polled, poll } from './sessions.ts';
import type { SimGithub } from './sim-github.ts';
import type { Conclusion, Job, Session } from './state.ts';

export interface JobWork {
  /** How long the job runs unless it is cancelled. */
  durationMs: number;
  conclusion: Conclusion;
  outputs?: Readonly<Record<string, string>>;
  /** What it prints. */
  log?: string;
  /** How long the process stays when its job is over; for ever (`Infinity`) until its machine is gone. */
  lingerMs?: number;
}

/**
 * What a runner does with a job that it is offered. `works`: as it should. `never-acquires`: it acknowledges the offer and
 * does nothing more, so that GitHub queues the job again. `never-works`: it acquires the job and renews it, and no worker
 * ever starts; it hears no cancellation either. `falls-silent`: its worker starts, and then it says nothing more to anybody,
 * so that GitHub gives it up as lost. In the last three cases the process stays as long as its registration or, silent, as
 * its machine.
 */
export type RunnerHabit = 'works' | 'never-acquires' | 'never-works' | 'falls-silent';

export interface InProcessRunnerOptions {
  github: SimGithub;
  clock: Clock;
  jitConfig: string;
  /** Asked when a job is acquired. */
  work: (job: Job) => JobWork;
  /** Asked when a job is offered; it `works` when left out. */
  habit?: (job: Job) => RunnerHabit;
  /** From the offer of a job to its acquisition; at once when left out. */
  acquireMs?: (job: Job) => number;
  /** Aborts: the machine is gone, nothing more is said to GitHub. */
  signal: AbortSignal;
  on?: Partial<RunnerEvents>;
}

export interface RunnerEvents {
  listening: () => void;
  jobStarted: (job: { id: JobId; name: string }) => void;
  jobEnded: (job: { id: JobId; name: string }, conclusion: Conclusion) => void;
}

/**
 * The real runner's exit code: 0 after a job or when the registration is gone, 1 when it may not connect, 5 when another
 * has its session; -1 when the machine was gone first.
 */
export async function runInProcess(options: InProcessRunnerOptions): Promise<number> {
  const { github, signal } = options;
  const runner = runnerOfJitConfig(github.world, options.jitConfig);
  const opened = runner ? openSession(github.world, runner, { os: 'Linux', version: '2.336.0' }) : undefined;
  if (!opened?.ok) return opened?.status === 409 ? 5 : 1;
  const session = opened.value;
  options.on?.listening?.();
  while (!signal.aborted) {
    const polled = await next(options, session, 'Online', signal);
    if (isOver(polled)) return 0;
    if (polled.kind !== 'message' || polled.message.kind !== 'job') continue;
    const { job } = polled.message;
    const habit = options.habit?.(job) ?? 'works';
    if (habit !== 'works') return misbehave(options, session, job, habit);
    const { requestId } = job;
    const acquireMs = options.acquireMs?.(job) ?? 0;
    if (acquireMs > 0 && (await passed(options.clock, acquireMs, signal)) === 'stopped') return -1;
    if (!acquireJob(github.world, session.runner, requestId).ok) continue;
    await runJob(options, session, job);
    if (!signal.aborted && !session.runner.ephemeral) continue;
    if (!signal.aborted) closeSession(github.world, session.id);
    return signal.aborted ? -1 : 0;
  }
  return -1;
}

/** A reason of our own, since the standard one is an exception with a stack, made each time. */
const over = 'the job is over';

/** A poll that is held until there is something to say. */
const next = (
  { github }: InProcessRunnerOptions,
  session: Session,
  status: 'Online' | 'Busy',
  signal: AbortSignal,
): Promise<Polled> => poll(github.world, session.id, status, signal, Number.POSITIVE_INFINITY);

const isOver = ({ kind }: Polled): boolean => kind === 'runner-gone' || kind === 'no-session';

async function misbehave(
  options: InProcessRunnerOptions,
  session: Session,
  job: Job,
  habit: Exclude<RunnerHabit, 'works'>,
): Promise<number> {
  const { github, signal } = options;
  const { world } = github;
  const isAcquired = habit !== 'never-acquires' && acquireJob(world, session.runner, job.requestId).ok;
  if (habit === 'falls-silent') {
    if (isAcquired) options.on?.jobStarted?.({ id: job.id, name: job.name });
    await aborted(signal);
    return -1;
  }
  const stopRenewing = isAcquired ? keepRenewing(world, job) : undefined;
  let isGone = false;
  while (!signal.aborted && !isGone) isGone = isOver(await next(options, session, 'Busy', signal));
  stopRenewing?.();
  return isGone ? 0 : -1;
}

async function runJob(options: InProcessRunnerOptions, session: Session, job: Job): Promise<void> {
  const { github, clock, signal } = options;
  const work = options.work(job);
  const named = { id: job.id, name: job.name };
  options.on?.jobStarted?.(named);
  const stopRenewing = keepRenewing(github.world, job);
  const stop = new AbortController();
  const abort = (): void => stop.abort(over);
  signal.addEventListener('abort', abort, { once: true });
  const worked = passed(clock, work.durationMs, stop.signal);
  const cancelled = waitForCancel(options, session, stop.signal);
  const ended = await Promise.race([worked, cancelled]);
  stop.abort(over);
  signal.removeEventListener('abort', abort);
  await Promise.all([worked, cancelled]);
  stopRenewing();
  if (signal.aborted) return;
  if (work.log !== undefined) job.logText = work.log;
  const conclusion = ended === 'cancelled' ? 'cancelled' : work.conclusion;
  completeJob(github.world, {
    planId: job.planId,
    guid: job.guid,
    conclusion,
    outputs: work.outputs ?? {},
  });
  options.on?.jobEnded?.(named, conclusion);
  if (work.lingerMs !== undefined) await passed(clock, work.lingerMs, signal);
}

async function waitForCancel(
  options: InProcessRunnerOptions,
  session: Session,
  signal: AbortSignal,
): Promise<'cancelled' | 'stopped'> {
  while (!signal.aborted) {
    const polled = await next(options, session, 'Busy', signal);
    if (polled.kind === 'message' && polled.message.kind === 'cancel') return 'cancelled';
    if (isOver(polled)) break;
  }
  await aborted(signal);
  return 'stopped';
}

/** Resolves after `ms`, which may be infinite, or when the signal aborts. */
const passed = (clock: Clock, ms: number, signal: AbortSignal): Promise<'passed' | 'stopped'> =>
  Number.isFinite(ms)
    ? clock.sleep(ms, signal).then(
        () => 'passed' as const,
        () => 'stopped' as const,
      )
    : aborted(signal).then(() => 'stopped' as const);

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
