// Check runs: GitHub's REST reference, "Check runs". One is known again by its external id, which GitHub keeps for us.

import { type CheckRunId, checkRunId } from '../../domain/ids.ts';
import { minutes } from '../../domain/time.ts';
import type { CheckRunWords } from '../../domain/waits/wait-words.ts';
import { type Commit, GitHubError, type ShownCheckRun } from '../../ports/github.ts';
import * as wire from '../../wire/github-rest.ts';
import type { Window } from './budget-rules.ts';
import type { Call, Rest } from './rest.ts';

/** Nothing hangs on them: however many runs wait, the most of the limit is left to what builds. */
export const checkRunCalls: Window = { max: 60, ms: minutes(10) };

export async function showCheckRun(
  rest: Rest,
  commit: Commit,
  words: CheckRunWords,
  { known, keep }: { known: CheckRunId | undefined; keep: number },
): Promise<ShownCheckRun> {
  const [owner = '', repo = ''] = commit.repository.split('/');
  const base: Omit<Call, 'route'> = {
    operation: `show a check run of ${commit.repository}`,
    as: commit.installationId,
    params: { owner, repo },
    keep,
    windows: [{ bucket: `check-runs:${commit.installationId}`, window: checkRunCalls }],
  };
  try {
    const id = known ?? (await openOne(rest, base, commit, words));
    if (id === undefined && words.ended) return { kind: 'absent' };
    const body = bodyOf(words);
    const call: Call =
      id === undefined
        ? {
            ...base,
            route: 'POST /repos/{owner}/{repo}/check-runs',
            params: { ...base.params, ...body, head_sha: commit.sha },
          }
        : {
            ...base,
            route: 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
            params: { ...base.params, ...body, check_run_id: id },
          };
    return { kind: 'shown', id: checkRunId((await rest.call(call, wire.checkRun)).id) };
  } catch (error) {
    if (!(error instanceof GitHubError) || ![403, 404, 422].includes(error.status ?? 0)) throw error;
    if (error.kind === 'rate-limited') throw error;
    return { kind: 'refused', reason: error.message };
  }
}

/** One that is not over yet. A name has one open check run of ours for each run of a commit, far less than a page. */
async function openOne(
  rest: Rest,
  base: Omit<Call, 'route'>,
  { sha }: Commit,
  { name, externalId }: CheckRunWords,
): Promise<CheckRunId | undefined> {
  const route = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs';
  const params = { ...base.params, ref: sha, check_name: name, filter: 'all', per_page: 100 };
  const { check_runs } = await rest.call({ ...base, route, params }, wire.checkRuns);
  const found = check_runs.find((it) => it.external_id === externalId && it.status !== 'completed');
  return found && checkRunId(found.id);
}

const bodyOf = ({ externalId, name, ended, title, summary }: CheckRunWords) => ({
  external_id: externalId,
  name,
  ...(ended ? { status: 'completed', conclusion: 'neutral' } : { status: 'queued' }),
  output: { title, summary },
});
