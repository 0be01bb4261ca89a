// Check runs of Apps on commits (GitHub docs, "REST API endpoints for check runs"). A commit is known when some run is of it.

import { checkRunId } from '../../domain/ids.ts';
import { type Answer, answer, notFound, refuse } from './answer.ts';
import type { CheckRun, Repository } from './state.ts';
import type { World } from './world.ts';

/** What a caller may set. */
export interface CheckRunFields {
  name?: string;
  headSha?: string;
  externalId?: string;
  status?: string;
  conclusion?: string;
  title?: string;
  summary?: string;
}

const statuses = ['queued', 'in_progress', 'completed'];
const conclusions = ['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'timed_out'];

export function createCheckRun(
  world: World,
  repository: Repository,
  fields: CheckRunFields,
): Answer<CheckRun> {
  const may = mayWrite(world);
  if (!may.ok) return may;
  const { name = '', headSha = '', externalId = '' } = fields;
  if (name === '' || headSha === '')
    return refuse(422, 'Invalid request. "name", "head_sha" were not supplied.');
  const isKnown = [...world.state.runs.values()].some(
    (run) => run.repository === repository && run.headSha === headSha,
  );
  if (!isKnown) return refuse(422, `No commit found for SHA: ${headSha}`);
  const made: CheckRun = {
    ...{ id: checkRunId(world.ids.next('check')), repository, headSha, name, externalId },
    ...{ status: 'queued', conclusion: undefined, title: '', summary: '' },
    ...{ startedAt: world.clock.now(), completedAt: undefined },
  };
  const applied = apply(world, made, fields);
  if (!applied.ok) return applied;
  world.state.checkRuns.set(made.id, made);
  return answer(made);
}

export function updateCheckRun(
  world: World,
  repository: Repository,
  id: number,
  fields: CheckRunFields,
): Answer<CheckRun> {
  const may = mayWrite(world);
  if (!may.ok) return may;
  const found = findCheckRun(world, repository, id);
  return found.ok ? apply(world, found.value, fields) : found;
}

export function findCheckRun(world: World, repository: Repository, id: number): Answer<CheckRun> {
  const found = world.state.checkRuns.get(checkRunId(id));
  return found?.repository === repository ? answer(found) : notFound;
}

/** Newest first. */
export const checkRunsOf = (world: World, repository: Repository, sha: string): readonly CheckRun[] =>
  [...world.state.checkRuns.values()]
    .filter((it) => it.repository === repository && it.headSha === sha)
    .toReversed();

export function mayWrite({ app }: World): Answer<undefined> {
  return app.permissions.checks === 'write'
    ? answer(undefined)
    : refuse(403, 'Resource not accessible by integration');
}

function apply(world: World, checkRun: CheckRun, fields: CheckRunFields): Answer<CheckRun> {
  const { conclusion, title, summary, name } = fields;
  // A conclusion alone completes it.
  const status = conclusion === undefined ? fields.status : 'completed';
  if (status !== undefined && !statuses.includes(status)) return refuse(422, 'Invalid request. status');
  if (conclusion !== undefined && !conclusions.includes(conclusion))
    return refuse(422, 'Invalid request. conclusion');
  if (status === 'completed' && conclusion === undefined && checkRun.conclusion === undefined)
    return refuse(422, 'Invalid request. "conclusion" was not supplied.');
  if (status !== undefined) checkRun.status = status as CheckRun['status'];
  if (conclusion !== undefined) {
    checkRun.conclusion = conclusion;
    checkRun.completedAt = world.clock.now();
  }
  if (name !== undefined) checkRun.name = name;
  if (title !== undefined) checkRun.title = title;
  if (summary !== undefined) checkRun.summary = summary;
  return answer(checkRun);
}
