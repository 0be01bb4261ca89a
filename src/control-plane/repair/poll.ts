// Looks at GitHub itself, so that a webhook that never came is missed by nobody. What to read when is planned in
// domain/repair/poll-plan.ts; each round reads a few repositories, and one round runs at a time in all processes together.

import { allowanceOf } from '../../domain/repair/allowance.ts';
import {
  memoryMs,
  type PollPlan,
  type PollState,
  type PollTarget,
  planPoll,
  type ServedRepository,
} from '../../domain/repair/poll-plan.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import { after, between, type Instant, instantOf, seconds } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type { RepositoryActivity } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import type { RepairLoop, RepairRound } from './loop.ts';
import { readRepository } from './read-repository.ts';
import { ownerOf, servedRepositories } from './served-repositories.ts';

/** How many repositories one round reads, and how many at once. */
const mostReads = 40;
const atOnce = 4;

export const pollLoop: RepairLoop = {
  kind: 'poll',
  run: (deps, { owner }) => pollRound(deps, owner),
};

async function pollRound(deps: Deps, owner: string | undefined): Promise<RepairRound> {
  const now = deps.clock.now();
  const all = await servedRepositories(deps, now);
  const repositories = owner === undefined ? all : all.filter((it) => ownerOf(it) === owner);
  const { state, activity } = await deps.store.transaction(async (tx) => ({
    state: (await tx.loops.get('poll')) ?? { looks: {} },
    activity: await tx.jobs.activity(after(now, -memoryMs)),
  }));
  const targets = targetsOf(repositories, owner === undefined ? state : { looks: {} }, activity);
  const plans = await planEach(deps, repositories, targets, now);

  const due = plans.flatMap(({ plan }) => plan.read);
  const chosen = new Set(due.slice(0, mostReads));
  const reading = repositories.filter(({ id }) => chosen.has(id));
  const { looks, mended, refused } = await readAll(deps, reading);
  await remember(deps, looks, new Set(all.map(({ id }) => String(id))));
  const nextAt = Math.min(...plans.map(({ plan }) => plan.nextAt), after(now, deps.settings.pollAllMs));
  const more = due.length > chosen.size;
  const pauseMs = more ? (refused ? seconds(30) : 0) : between(now, instantOf(nextAt));
  return { mended, nextInMs: Math.max(seconds(1), pauseMs) };
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

/** A plan for each installation, since GitHub counts for each. */
async function planEach(
  { github, settings }: Deps,
  repositories: readonly ServedRepository[],
  targets: ReadonlyMap<ServedRepository['id'], PollTarget>,
  now: Instant,
): Promise<readonly { plan: PollPlan }[]> {
  const pace = {
    activeMs: settings.pollActiveMs,
    latelyMs: settings.pollLatelyMs,
    allMs: settings.pollAllMs,
  };
  const plans: { plan: PollPlan }[] = [];
  for (const [installation, own] of Map.groupBy(repositories, (it) => it.installationId)) {
    const allowance = allowanceOf(await github.budget(installation), settings.lookShare, now);
    const wanted = own.flatMap(({ id }) => targets.get(id) ?? []);
    plans.push({ plan: planPoll(wanted, allowance, pace, now) });
  }
  return plans;
}

interface Looked {
  looks: PollState['looks'];
  mended: readonly Repair[];
  /** GitHub wants to hear nothing for a while. */
  refused: boolean;
}

async function readAll(deps: Deps, repositories: readonly ServedRepository[]): Promise<Looked> {
  const looks: Record<string, { at: Instant; awaited?: boolean }> = {};
  const mended: Repair[] = [];
  const waiting = [...repositories];
  const shut = new Set<ServedRepository['installationId']>();
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (shut.has(next.installationId)) continue;
      const at = deps.clock.now();
      try {
        const read = await readRepository(deps, next);
        mended.push(...read.mended);
        looks[next.id] = read.awaited ? { at, awaited: true } : { at };
      } catch (error) {
        if (!(error instanceof GitHubError)) throw error;
        // One repository that cannot be read keeps no other from being read, and is not tried again before its time.
        deps.log.warn('cannot poll a repository', { repository: next.fullName, error });
        if (error.kind === 'rate-limited') shut.add(next.installationId);
        else looks[next.id] = { at };
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { looks, mended, refused: shut.size > 0 };
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
