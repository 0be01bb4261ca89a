// The part of the GitHub port that is about check runs, without HTTP.

import type { CheckRunId } from '../../domain/ids.ts';
import type { CheckRunWords } from '../../domain/waits/wait-words.ts';
import type { Commit, ShownCheckRun } from '../../ports/github.ts';
import { findRepository } from './accounts.ts';
import { type Answer, notFound } from './answer.ts';
import { type CheckRunFields, checkRunsOf, createCheckRun, mayWrite, updateCheckRun } from './check-runs.ts';
import type { InProcessCalls } from './in-process-calls.ts';
import type { CheckRun, Repository } from './state.ts';
import type { World } from './world.ts';

/** @throws GitHubError as the real adapter does */
export async function showCheckRun(
  world: World,
  calls: InProcessCalls,
  commit: Commit,
  words: CheckRunWords,
  known: CheckRunId | undefined,
): Promise<ShownCheckRun> {
  const ask = <T>(operation: string, work: (repository: Repository) => Answer<T>): Promise<Answer<T>> =>
    calls.ask(operation, commit.installationId, () => {
      const repository = findRepository(world, commit.repository);
      return repository === undefined ? notFound : work(repository);
    });
  const fields = { ...fieldsOf(words), headSha: commit.sha };
  let id = known;
  if (id === undefined) {
    const listed = await ask('GET check-runs', (repository) => {
      const may = mayWrite(world);
      return may.ok ? { ok: true, value: checkRunsOf(world, repository, commit.sha) } : may;
    });
    if (!listed.ok) return refusedOr(calls, listed);
    id = listed.value.find((it) => isOpenOne(it, words))?.id;
  }
  if (id === undefined && words.ended) return { kind: 'absent' };
  const shown = await (id === undefined
    ? ask('POST check-runs', (repository) => createCheckRun(world, repository, fields))
    : ask('PATCH check-run', (repository) => updateCheckRun(world, repository, id, fields)));
  return shown.ok ? { kind: 'shown', id: shown.value.id } : refusedOr(calls, shown);
}

const isOpenOne = ({ externalId, status }: CheckRun, words: CheckRunWords): boolean =>
  externalId === words.externalId && status !== 'completed';

const fieldsOf = ({ externalId, name, ended, title, summary }: CheckRunWords): CheckRunFields => ({
  ...{ externalId, name, title, summary },
  ...(ended ? { status: 'completed', conclusion: 'neutral' } : { status: 'queued' }),
});

function refusedOr(calls: InProcessCalls, refusal: Extract<Answer<never>, { ok: false }>): ShownCheckRun {
  if ([403, 404, 422].includes(refusal.status)) return { kind: 'refused', reason: refusal.message };
  throw calls.error('show a check run', refusal);
}
