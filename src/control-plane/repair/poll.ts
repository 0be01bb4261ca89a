// Looks at GitHub itself, so that a webhook that never came is missed by nobody. What to read when is planned in
// domain/repair/poll-plan.ts; each round reads a few repositories, and one round runs at a time in all processes together.

import { allowanceOf } from '../../domain/repair/allowance.ts';
import {
  memoryMs,
  type PolledLook,
  type PollPlan,
  type PollState,
  type PollTarget,
  planPoll,
  type ServedRepository,
} from '../../domain/repair/poll-plan.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import { after, between, instantOf, seconds } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type { RepositoryActivity } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import type { RepairLoop, RepairRound, RoundOptions } from './loop.ts';
import { type RepositoryRead, readRepository } from './read-repository.ts';
import { ownerOf, servedRepositories } from './served-repositories.ts';

/** How many repositories one round reads, and how many at once. */
const mostReads = 40;
const atOnce = 4;

export const pollLoop: RepairLoop = {
  kind: 'poll',
  run: pollRound,
};

async function pollRound(deps: Deps, { owner, asked }: RoundOptions): Promise<RepairRound> {
  const all = await servedRepositories(deps, deps.clock.now());
  const repositories = owner === undefined ? all : all.filter((it) => ownerOf(it) === owner);
  if (asked === true) await forgetLooks(deps, repositories);
  const { read } = await planNow(deps, repositories);
  const chosen = new Set(read.slice(0, mostReads));
  const { looks, mended, refused } = await readAll(
    deps,
    repositories.filter(({ id }) => chosen.has(id)),
  );
  await remember(deps, looks, new Set(all.map(({ id }) => String(id))));

  // What was seen changes what is urgent.
  const next = await planNow(deps, all);
  if (asked === true && next.read.length > 0) await wakeLoop(deps);
  const soonest = next.read.length > 0 ? (refused ? seconds(30) : 0) : between(deps.clock.now(), next.nextAt);
  // What is urgent changes with each job that comes, so the plan is made anew as often as any repository may be read.
  return { mended, nextInMs: Math.max(seconds(1), Math.min(soonest, deps.settings.pollActiveMs)) };
}

/** What is to be read now in all installations: GitHub counts for each of them, so each has a plan of its own. */
async function planNow(deps: Deps, repositories: readonly ServedRepository[]): Promise<PollPlan> {
  const { github, settings, store } = deps;
  const now = deps.clock.now();
  const { state, activity } = await store.transaction(async (tx) => ({
    state: (await tx.loops.get('poll')) ?? { looks: {} },
    activity: await tx.jobs.activity(after(now, -memoryMs)),
  }));
  const targets = targetsOf(repositories, state, activity);
  const pace = {
    activeMs: settings.pollActiveMs,
    latelyMs: settings.pollLatelyMs,
    allMs: settings.pollAllMs,
  };
  const read: ServedRepository['id'][] = [];
  let nextAt = after(now, settings.pollAllMs);
  for (const [installation, own] of Map.groupBy(repositories, (it) => it.installationId)) {
    const allowance = allowanceOf(await github.budget(installation), settings.lookShare, now);
    const wanted = own.flatMap(({ id }) => targets.get(id) ?? []);
    const plan = planPoll(wanted, allowance, pace, now);
    read.push(...plan.read);
    nextAt = instantOf(Math.min(nextAt, plan.nextAt));
  }
  return { read, nextAt };
}

function targetsOf(
  repositories: readonly ServedRepository[],
  { looks }: PollState,
  activity: readonly RepositoryActivity[],
): ReadonlyMap<ServedRepository['id'], PollTarget> {
  const active = new Map(activity.map((it) => [it.repository, it]));
  return new Map(
    repositories.map(({ id, fullName }) => {
      const look = looks[id];
      const found = active.get(fullName.toLowerCase());
      const target: PollTarget = {
        repository: id,
        queued: found?.queued ?? 0,
        open: found?.open ?? 0,
        runs: found?.openRuns ?? 0,
        awaited: look?.awaited ?? false,
        ...(found === undefined ? {} : { lastActiveAt: found.lastSeenAt }),
        ...(look === undefined ? {} : { lastReadAt: look.at }),
      };
      return [id, target];
    }),
  );
}

interface Looked {
  looks: PollState['looks'];
  mended: readonly Repair[];
  /** GitHub wants to hear nothing for a while. */
  refused: boolean;
}

async function readAll(deps: Deps, repositories: readonly ServedRepository[]): Promise<Looked> {
  const looks: Record<string, PolledLook> = {};
  const mended: Repair[] = [];
  const waiting = [...repositories];
  const shut = new Set<ServedRepository['installationId']>();
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (shut.has(next.installationId)) continue;
      const at = deps.clock.now();
      const read = await readRepository(deps, next).catch(readNothing);
      mended.push(...read.mended);
      const { missed: error } = read;
      // One repository that cannot be read keeps no other from being read.
      if (error !== undefined)
        deps.log.warn('cannot poll all of a repository', { repository: next.fullName, error });
      if (error?.kind === 'rate-limited') shut.add(next.installationId);
      else {
        const awaited = read.awaited || error?.kind === 'unavailable';
        looks[next.id] = { at, ...(awaited && { awaited }), ...(error === undefined && { whole: true }) };
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { looks, mended, refused: shut.size > 0 };
}

function readNothing(error: unknown): RepositoryRead {
  if (!(error instanceof GitHubError)) throw error;
  return { mended: [], awaited: false, missed: error };
}

/** Another round may have run meanwhile: of two looks at one repository the later one counts. */
async function remember(
  { store }: Deps,
  looks: PollState['looks'],
  served: ReadonlySet<string>,
): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.lock('repair:poll');
    const before = (await tx.loops.get('poll'))?.looks ?? {};
    const merged = { ...before, ...looks };
    for (const [id, look] of Object.entries(before)) {
      if ((merged[id]?.at ?? 0) < look.at) merged[id] = look;
    }
    const kept = Object.entries(merged).filter(([id]) => served.has(id));
    await tx.loops.put('poll', { looks: Object.fromEntries(kept) });
  });
}

/** They count as never looked at: all of them are due, by urgency. */
async function forgetLooks({ store }: Deps, repositories: readonly ServedRepository[]): Promise<void> {
  const due = new Set(repositories.map(({ id }) => String(id)));
  await store.transaction(async (tx) => {
    await tx.lock('repair:poll');
    const looks = (await tx.loops.get('poll'))?.looks ?? {};
    await tx.loops.put('poll', {
      looks: Object.fromEntries(Object.entries(looks).filter(([id]) => !due.has(id))),
    });
  });
}

/** What this round leaves is read by the loop's own rounds, which may be minutes off. */
const wakeLoop = ({ store, clock }: Deps): Promise<void> =>
  store.transaction(async (tx) => {
    await tx.tasks.enqueue({ kind: 'repair', loop: 'poll' }, clock.now());
    tx.wake('tasks');
  });
