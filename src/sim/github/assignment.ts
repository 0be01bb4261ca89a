// Which runner gets which job: any online runner that is asking, has all labels of the job and may be used by its
// repository. Whoever asked first gets the job that waited longest. A job is offered when it becomes queued, a runner served
// when it asks, so that nothing but the news is looked at.

import { after } from '../../domain/time.ts';
import { mayUseGroup } from './accounts.ts';
import { freeRunner, removeRunner } from './runners.ts';
import type { Account, Job, Market, Pool, Runner, Session } from './state.ts';
import { setDeadline } from './timers.ts';
import type { World } from './world.ts';

/** Puts a job before the runners. One that was queued before takes its old place. */
export function enqueue(world: World, job: Job): void {
  job.phase = 'queued';
  job.assignableAt = undefined;
  const pool = poolFor(world, job);
  pool.jobs.splice(placeIn(pool, job), 0, job);
  offer(world, job, pool);
}

/** Takes a job out of the queue, if it is there. */
export function dequeue(world: World, job: Job): void {
  const market = marketOf(world, job.run.repository.owner);
  const key = poolKey(job);
  const pool = market.pools.get(key);
  if (!pool) return;
  const place = placeIn(pool, job);
  if (pool.jobs[place] === job) pool.jobs.splice(place, 1);
  if (pool.jobs.length === 0) market.pools.delete(key);
}

/** The session's poll waits for a job from now on, or gets one at once. */
export function ask(world: World, session: Session): void {
  const { asking } = marketOf(world, ownerOf(session.runner));
  session.askingSince = world.ids.next('order');
  asking.delete(session);
  asking.add(session);
  serve(world, session);
}

export function stopAsking(world: World, session: Session): void {
  session.askingSince = undefined;
  marketOf(world, ownerOf(session.runner)).asking.delete(session);
}

/** Serves every runner that waits; for when the rules have changed without news of a job or a runner. */
export function serveAll(world: World): void {
  for (const market of world.state.markets.values()) {
    for (const session of [...market.asking]) serve(world, session);
  }
}

function offer(world: World, job: Job, pool: Pool): void {
  if (isDown(world)) return;
  for (const session of marketOf(world, job.run.repository.owner).asking) {
    if (!isFree(session.runner) || !canTake(world, session.runner, pool)) continue;
    if (isDue(world, job)) assign(world, session, job);
    return;
  }
}

function serve(world: World, session: Session): void {
  const { runner } = session;
  if (!isFree(runner) || isDown(world)) return;
  const { pools } = marketOf(world, ownerOf(runner));
  const takeable = [...pools.values()].filter((pool) => canTake(world, runner, pool));
  const job = world.beliefs.queueOrder === 'any' ? anyDue(world, takeable) : oldestDue(world, takeable);
  if (job) assign(world, session, job);
}

const retryMs = 5_000;

/** While nothing is assigned, GitHub tries again now and then, as long as a runner waits. */
function isDown(world: World): boolean {
  if (!world.faults.assignmentDown()) return false;
  const { state } = world;
  const isAnyoneAsking = [...state.markets.values()].some(({ asking }) => asking.size > 0);
  if (!state.isAssignmentRetried && isAnyoneAsking) {
    state.isAssignmentRetried = true;
    world.timers.after(retryMs, () => {
      state.isAssignmentRetried = false;
      serveAll(world);
    });
  }
  return true;
}

const isFree = (runner: Runner): boolean => !runner.removed && runner.job === undefined;

function oldestDue(world: World, pools: readonly Pool[]): Job | undefined {
  let oldest: Job | undefined;
  for (const { jobs } of pools) {
    for (const job of jobs) {
      if (oldest && !isEarlier(job, oldest)) break;
      if (!isDue(world, job)) continue;
      oldest = job;
      break;
    }
  }
  return oldest;
}

/** One by chance; when that is not due yet, the next one after it that is. */
function anyDue(world: World, pools: readonly Pool[]): Job | undefined {
  const jobs = pools.flatMap((pool) => pool.jobs);
  if (jobs.length === 0) return undefined;
  const first = Math.floor(world.random.fraction() * jobs.length);
  for (const job of [...jobs.slice(first), ...jobs.slice(0, first)]) if (isDue(world, job)) return job;
  return undefined;
}

/** Asked when a runner could have the job: how late GitHub is begins to count then. */
function isDue(world: World, job: Job): boolean {
  const now = world.clock.now();
  if (job.assignableAt === undefined) {
    const delayMs = world.faults.assignmentDelayMs(job);
    job.assignableAt = after(now, delayMs);
    if (delayMs > 0) {
      setDeadline(world.timers, job.deadlines, 'assign', delayMs, () => {
        if (job.phase === 'queued') offer(world, job, poolFor(world, job));
      });
    }
  }
  return job.assignableAt <= now;
}

export function canTake(
  world: World,
  runner: Runner,
  { repository, labels, groupName }: Pick<Pool, 'repository' | 'labels' | 'groupName'>,
): boolean {
  const { scope } = runner;
  const reachable =
    scope.kind === 'repository' ? scope.repository === repository : mayUseGroup(scope.group, repository);
  const inGroup =
    groupName === undefined || (scope.kind === 'organization' && scope.group.name === groupName);
  if (!reachable || !inGroup) return false;
  return (
    labels.every((label) => runner.labels.includes(label)) &&
    (world.beliefs.anySupersetMayTakeAJob || runner.labels.length === labels.length)
  );
}

function assign(world: World, session: Session, job: Job): void {
  const { runner } = session;
  dequeue(world, job);
  stopAsking(world, session);
  job.phase = 'assigned';
  job.runner = runner;
  job.requestId = world.ids.guid();
  runner.job = job;
  session.mailbox.push({ kind: 'job', id: world.ids.next('message'), job });
  const { requestId } = job;
  setDeadline(world.timers, job.deadlines, 'acquire', world.beliefs.acquireDeadlineMs, () => {
    if (job.phase === 'assigned' && job.requestId === requestId) unassign(world, job);
  });
  session.wake?.();
}

/** The assignment came to nothing: the job is queued again, its runner is idle again. */
export function unassign(world: World, job: Job): void {
  const { runner } = job;
  job.runner = undefined;
  if (runner) {
    freeRunner(world, runner, job);
    if (!runner.removed) scheduleEviction(world, runner);
  }
  enqueue(world, job);
}

/** GitHub takes away the registration of an ephemeral runner that stays idle. */
export function scheduleEviction(world: World, runner: Runner): void {
  if (!runner.ephemeral) return;
  setDeadline(world.timers, runner.deadlines, 'idle', world.beliefs.idleEvictionMs, () => {
    if (!runner.job) removeRunner(world, runner);
  });
}

function marketOf(world: World, account: Account): Market {
  const known = world.state.markets.get(account);
  if (known) return known;
  const market: Market = { pools: new Map(), asking: new Set() };
  world.state.markets.set(account, market);
  return market;
}

const ownerOf = ({ scope }: Runner): Account =>
  scope.kind === 'organization' ? scope.group.owner : scope.repository.owner;

function poolFor(world: World, job: Job): Pool {
  const { pools } = marketOf(world, job.run.repository.owner);
  const key = poolKey(job);
  const known = pools.get(key);
  if (known) return known;
  const { groupName } = job;
  const pool: Pool = { repository: job.run.repository, labels: labelsOf(job), groupName, jobs: [] };
  pools.set(key, pool);
  return pool;
}

const labelsOf = (job: Job): string[] => job.labels.map((label) => label.toLowerCase()).sort();

const poolKey = (job: Job): string =>
  `${job.run.repository.id}\n${job.groupName ?? ''}\n${labelsOf(job).join('\n')}`;

const isEarlier = (a: Job, b: Job): boolean =>
  a.queuedAt < b.queuedAt || (a.queuedAt === b.queuedAt && a.id < b.id);

/** Where the job stands in its pool, or would. */
function placeIn({ jobs }: Pool, job: Job): number {
  let low = 0;
  let high = jobs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = jobs[middle];
    if (other !== undefined && isEarlier(other, job)) low = middle + 1;
    else high = middle;
  }
  return low;
}
