// Reads what an account has built out of GitHub's REST API, one repository after the other. What cannot be read is noted with
// its reason, and what was read before that counts.

import { type DayRange, startOfDay } from '../domain/insights/calendar.ts';
import type { CountedJob } from '../domain/insights/usage-report.ts';
import { halves, type Span } from '../domain/insights/whole-search.ts';
import { GitHubError } from '../ports/github.ts';
import type { GitHubHistory, HistoryRepository, HistoryRun } from '../ports/github-history.ts';

export interface Unread {
  repository: string;
  why: string;
}

export interface ReadHistory {
  jobs: CountedJob[];
  runs: number;
  unread: Unread[];
  /** Why reading ended before its end. */
  stopped: string | undefined;
}

/** A job may end the day after its run was made. */
const leadDays = 1;
/** So many runs between two words on one repository. */
const runsBetweenWords = 100;

/** @param say is told how far it is. */
export async function readHistory(
  history: GitHubHistory,
  repositories: readonly HistoryRepository[],
  days: DayRange,
  say: (text: string) => void,
): Promise<ReadHistory> {
  const read: ReadHistory = { jobs: [], runs: 0, unread: [], stopped: undefined };
  const span = { from: startOfDay(days.from - leadDays), to: history.asOf };
  for (const [index, { fullName }] of repositories.entries()) {
    const place = `(${index + 1} of ${repositories.length})`;
    try {
      const { jobs, runs } = await readRepository(history, fullName, span, (text) =>
        say(`${fullName}: ${text} ${place}`),
      );
      read.jobs.push(...jobs);
      read.runs += runs;
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      if (isOfRepository(error)) {
        read.unread.push({ repository: fullName, why: error.message });
        say(`${fullName}: ${error.message} ${place}`);
        continue;
      }
      const left = repositories.slice(index).map(({ fullName }) => fullName);
      read.unread.push(...left.map((repository) => ({ repository, why: 'not reached' })));
      read.stopped = error.message;
      return read;
    }
  }
  return read;
}

/** Others are no different: a limit that is not waited for, no connection, a token that is not good any more. */
const isOfRepository = ({ kind }: GitHubError): boolean =>
  kind === 'forbidden' || kind === 'not-found' || kind === 'invalid';

async function readRepository(
  history: GitHubHistory,
  repository: string,
  span: Span,
  say: (text: string) => void,
): Promise<{ jobs: readonly CountedJob[]; runs: number }> {
  const runs = await runsIn(history, repository, span);
  const jobs = new Map<number, CountedJob>();
  for (const [index, run] of runs.entries()) {
    if (index > 0 && index % runsBetweenWords === 0) say(`${index} of ${runs.length} runs`);
    for (const { id, ...job } of await history.jobs(repository, run)) jobs.set(id, { ...job, repository });
  }
  if (runs.length > 0) say(`${runs.length} runs, ${jobs.size} builds`);
  return { jobs: [...jobs.values()], runs: runs.length };
}

/** Each once: a list that grows while it is read by pages shows some twice. */
async function runsIn(
  history: GitHubHistory,
  repository: string,
  span: Span,
): Promise<readonly HistoryRun[]> {
  const runs = new Map<number, HistoryRun>();
  const spans = [span];
  for (let next = spans.pop(); next !== undefined; next = spans.pop()) {
    const found = await history.runs(repository, next.from, next.to);
    if (found !== 'too-many') {
      for (const run of found) runs.set(run.id, run);
      continue;
    }
    const parts = halves(next);
    if (parts === undefined) {
      throw new GitHubError(`${repository} has more runs in one second than GitHub lists`, {
        kind: 'invalid',
      });
    }
    spans.push(...parts);
  }
  return [...runs.values()];
}
