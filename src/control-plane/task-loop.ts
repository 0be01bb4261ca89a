// Takes due effects and deadlines and has them done, a few at a time. A task is leased while it is worked on and its lease
// renewed; when we die, somebody else takes it up after the lease, and performers bear being run twice.

import { assert } from '../domain/bug.ts';
import { idsOf, taskKey } from '../domain/lifecycle/task-key.ts';
import { spreadOf } from '../domain/lifecycle/task-spread.ts';
import type { Repair } from '../domain/repair/repair.ts';
import { after, between, type DurationMs, type Instant, minutes, seconds } from '../domain/time.ts';
import { GitHubError } from '../ports/github.ts';
import { leaseMs, type Task } from '../ports/store.ts';
import type { Deps } from './deps.ts';
import { perform } from './effects/perform.ts';
import { notWaitedFor } from './loop.ts';
import { recordRepairs } from './repair/book.ts';
import { longestFailurePauseMs } from './repair/recurring.ts';
import { defaultIdleLookMs } from './settings.ts';

/** Calls to GitHub take a second at worst, so this is some 16 of them a second for each process. */
const atOnce = 16;

/** The n-th attempt's successor: 2 s, 4 s … 15 min, counted from when the task was taken. */
const backOffMs = (attempts: number): DurationMs =>
  Math.min(minutes(15), seconds(2) * 2 ** Math.min(attempts - 1, 10));

/**
 * A booted VM and its job wait for the registration, and only for minutes (`bootedMs`): a long pause would outlast GitHub's bad
 * patch, and after it the VM. The deadline bounds how many calls that costs.
 */
const longestRegisterPauseMs = seconds(15);

export interface TaskRunner {
  /** One round: takes what is due and starts it; gives the pause until the next look. */
  step(): Promise<DurationMs>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

/** @param freed is called when a task has ended, so that the loop may look again. */
export function taskRunner(deps: Deps, freed: () => void): TaskRunner {
  const underWay = new Set<Promise<void>>();
  const { store, clock, settings } = deps;
  const { idleLookMs: longestIdleMs = defaultIdleLookMs } = settings;
  /** When the loop looks again by itself; undefined while it has no room for more. */
  let nextLookAt: Instant | undefined;

  const claim = (
    now: Instant,
    limit: number,
  ): Promise<{ tasks: readonly Task[]; next: Instant | undefined }> =>
    store.transaction(async (tx) => {
      const tasks = await tx.tasks.claim({
        owner: settings.processName,
        now,
        limit,
        leaseUntil: after(now, leaseMs),
        retryAt: (attempts) => after(now, backOffMs(attempts)),
      });
      await recordRepairs(
        tx,
        tasks.flatMap((task) => takeover(task, now)),
      );
      return { tasks, next: await tx.tasks.nextDue() };
    });

  return {
    async step() {
      const free = atOnce - underWay.size;
      nextLookAt = undefined;
      if (free === 0) return longestIdleMs;
      const now = clock.now();
      const { tasks, next } = await claim(now, free);
      for (const task of tasks) {
        const work = runTask(deps, task).then((next) => {
          underWay.delete(work);
          if (isNews(next)) freed();
        });
        underWay.add(work);
      }
      if (tasks.length === free) return longestIdleMs;
      const pauseMs =
        next === undefined ? longestIdleMs : Math.min(longestIdleMs, Math.max(1, between(clock.now(), next)));
      nextLookAt = after(clock.now(), pauseMs);
      return pauseMs;
    },
    async settled() {
      await Promise.all(underWay);
      assert(underWay.size === 0, 'a task was started while stopping');
    },
  };

  /** The loop waited for room, or what it has asked for is due before it would look. */
  function isNews(next: Instant | undefined): boolean {
    return nextLookAt === undefined || (next !== undefined && next < nextLookAt);
  }

  /** Gives when the next task is due, as far as it knows. Never rejects: what fails is written down and tried again. */
  async function runTask(deps: Deps, task: Task): Promise<Instant | undefined> {
    const ended = new AbortController();
    const renewal = keepLease(deps, task, ended.signal);
    try {
      await perform(deps, task);
      return await store.transaction(async (tx) => {
        await tx.tasks.complete(task.id, settings.processName);
        return tx.tasks.nextDue();
      });
    } catch (error) {
      return await putBack(deps, task, error);
    } finally {
      ended.abort(notWaitedFor);
      await renewal;
    }
  }
}

async function putBack(deps: Deps, task: Task, error: unknown): Promise<Instant> {
  const { store, settings, log } = deps;
  const limited = error instanceof GitHubError && error.kind === 'rate-limited' ? error.retryAt : undefined;
  const dueAt =
    limited === undefined ? after(deps.clock.now(), pauseAfter(task)) : after(limited, spreadOf(task.what));
  log.warn('task failed', { ...idsOf(task.what), task: task.what, attempts: task.attempts, error });
  const reason = error instanceof Error ? error.message : String(error);
  try {
    await store.transaction((tx) => tx.tasks.release(task.id, settings.processName, dueAt, reason));
  } catch (storeError) {
    // The lease runs out by itself and the next time was written when the task was taken: nothing is lost.
    log.error('cannot put a failed task back', { ...idsOf(task.what), task: task.id, error: storeError });
  }
  return dueAt;
}

const pauseAfter = ({ what, attempts }: Task): DurationMs =>
  Math.min(backOffMs(attempts), longestPauseMs(what.kind));

function longestPauseMs(kind: Task['what']['kind']): DurationMs {
  switch (kind) {
    case 'repair':
      return longestFailurePauseMs;
    case 'register-runner':
      return longestRegisterPauseMs;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** The process that held it has died, or was too slow to renew its lease. */
function takeover({ what, takenFrom }: Task, at: Instant): readonly Repair[] {
  if (takenFrom === undefined) return [];
  const subject = { kind: 'task', id: taskKey(what) } as const;
  return [{ at, kind: 'task-taken-over', cause: 'its lease ran out', subject, data: { from: takenFrom } }];
}

async function keepLease(deps: Deps, task: Task, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    try {
      await deps.clock.sleep(leaseMs / 3, ended);
    } catch (reason) {
      if (ended.aborted) return;
      throw reason;
    }
    try {
      const until = after(deps.clock.now(), leaseMs);
      const held = await deps.store.transaction((tx) =>
        tx.tasks.renew(task.id, deps.settings.processName, until),
      );
      if (!held) return;
    } catch (error) {
      deps.log.warn('cannot renew a lease', { ...idsOf(task.what), task: task.id, error });
    }
  }
}
