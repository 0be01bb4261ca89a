// Asks GitHub whether the runner group of an organisation is for a repository whose jobs wait beside idle runners. What it says
// is kept in the database for those who tell why a job waits; nothing is mended.

import type { Job } from '../../domain/lifecycle/job.ts';
import { allowanceOf } from '../../domain/repair/allowance.ts';
import { scopeOwner } from '../../domain/scope.ts';
import { type Instant, minutes } from '../../domain/time.ts';
import {
  type GroupLook,
  type GroupQuestion,
  type GroupState,
  notShutOut,
  questionsDue,
  remembered,
  shutOut,
  whyShut,
  wordsForShutOut,
} from '../../domain/waits/shut-out.ts';
import { GitHubError } from '../../ports/github.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import { askToTell } from '../effects/tell-wait.ts';
import { sayWhy } from '../say-why.ts';
import type { RepairLoop } from './loop.ts';

const roundMs = minutes(1);
/** Nothing waits. */
const calmRoundMs = minutes(3);
/** The oldest: who waits for long is among them. */
const mostQueued = 2_000;

export const runnerGroupLoop: RepairLoop = {
  kind: 'runner-groups',
  async run(deps, { owner }) {
    const now = deps.clock.now();
    const { isCalm, questions } = await deps.store.transaction(async (tx) => {
      const queued = await tx.jobs.allQueued(mostQueued);
      if (queued.length === 0) return { isCalm: true, questions: [] };
      const state = await tx.loops.get('runner-groups');
      const due = questionsDue(queued, await tx.vms.allLive(), state, now);
      return { isCalm: false, questions: due };
    });
    const wanted = questions.filter(({ scope }) => owner === undefined || scopeOwner(scope) === owner);
    const heard: Record<string, GroupLook> = {};
    for (const question of wanted) Object.assign(heard, await ask(deps, question, now));
    if (Object.keys(heard).length > 0) await deps.store.transaction((tx) => takeIn(tx, deps, heard, now));
    return { mended: [], nextInMs: isCalm ? calmRoundMs : roundMs };
  },
};

/** Nothing when GitHub cannot be asked now. One that may not be asked counts as looked at: it would be refused again. */
async function ask(
  { github, settings, log }: Deps,
  question: GroupQuestion,
  now: Instant,
): Promise<Record<string, GroupLook>> {
  const { key, scope, repository } = question;
  const { calls } = allowanceOf(await github.budget(scope.installationId), settings.lookShare, now);
  if (calls < 2) return {};
  try {
    const visible = await github.runnerGroups(scope, repository.fullName);
    const isListed = visible.some(({ id }) => id === scope.groupId);
    const shut = whyShut(question, visible, isListed ? visible : await github.runnerGroups(scope));
    return { [key]: { at: now, ...(shut !== undefined && { shut }) } };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    log.warn('cannot ask for the runner groups of a repository', { repository: repository.fullName, error });
    const isRefused = error.kind === 'forbidden' || error.kind === 'not-found';
    return isRefused ? { [key]: { at: now } } : {};
  }
}

async function takeIn(
  tx: Transaction,
  deps: Deps,
  heard: Readonly<Record<string, GroupLook>>,
  now: Instant,
): Promise<void> {
  await tx.lock('repair:runner-groups');
  const before = await tx.loops.get('runner-groups');
  const state = remembered(before, heard, now);
  await tx.loops.put('runner-groups', state);
  const queued = await tx.jobs.allQueued(mostQueued);
  await sayWhy(tx, wordsFor(queued, before, state));
  const shut = queued.filter((job) => shutOut(state, job) !== undefined);
  await askToTell(tx, deps, shut);
  // Those who may have runners again are told by a plan what they wait for, if they wait for a host.
  await tx.tasks.enqueue({ kind: 'place' }, now);
  tx.wake('tasks');
  for (const [key, { shut: why }] of Object.entries(heard)) {
    if (why !== before?.looks[key]?.shut)
      deps.log.info('what a runner group is for has changed', { group: key, ...(why && { reason: why }) });
  }
}

const wordsFor = (
  queued: readonly Job[],
  before: GroupState | undefined,
  now: GroupState,
): readonly { job: Job; reason: string }[] => [
  ...wordsForShutOut(queued, now),
  ...wordsForShutOut(notShutOut(queued, now), before).map(({ job }) => ({ job, reason: '' })),
];
