// `bellows usage --from-github`: the same report for an account on which the App is not installed yet.

import { periodOf } from '../domain/insights/calendar.ts';
import { usageReport } from '../domain/insights/usage-report.ts';
import type { DurationMs } from '../domain/time.ts';
import { GitHubError } from '../ports/github.ts';
import type { HistoryAccount, HistoryRepository, MayWait } from '../ports/github-history.ts';
import { describeDays, describeTally } from '../wire/api/describe-tally.ts';
import { duration } from './age.ts';
import type { Command, Outcome, Terminal } from './outcome.ts';
import { type ReadHistory, readHistory, type Unread } from './read-history.ts';
import { usageText } from './usage.ts';

export interface FromGitHub {
  owner: string;
  days: number;
  /** File with the token; the environment's when left out. */
  tokenFile?: string;
  /** Whether it is waited until a used-up limit is there again; otherwise what was read by then is told. */
  wait: boolean;
}

export const usageFromGitHub =
  (query: FromGitHub): Command =>
  async (_api, terminal) => {
    const { owner, days, tokenFile, wait } = query;
    const mayWait = patience(terminal, wait);
    const history = await terminal.github({ mayWait, ...(tokenFile !== undefined && { tokenFile }) });
    try {
      const account = await history.account(owner);
      if (account === undefined) return { ok: false, message: `GitHub knows no account ${owner}.` };
      const repositories = await history.repositories(account);
      terminal.say(`${account.login}: ${repositories.length} repositories`);
      const period = periodOf(history.asOf, days).now;
      const read = await readHistory(history, repositories, period, terminal.say);
      return outcomeOf(account, repositories, read, period);
    } catch (error) {
      if (error instanceof GitHubError) return { ok: false, message: mend(error) };
      throw error;
    }
  };

/** A broken connection is always tried again; whether an hour is waited for is the user's to say. */
const patience =
  ({ say, pause }: Terminal, wait: boolean): MayWait =>
  async (ms, why) => {
    if (!wait && ms > longestUnasked) return false;
    say(`${why}; waiting ${duration(ms)}`);
    await pause(ms);
    return true;
  };
const longestUnasked: DurationMs = 60_000;

function outcomeOf(
  account: HistoryAccount,
  repositories: readonly HistoryRepository[],
  read: ReadHistory,
  period: { from: number; to: number },
): Outcome {
  const report = usageReport(read.jobs, period);
  const described = {
    ...describeDays(period),
    total: describeTally(report.total),
    repositories: report.repositories.map(({ name, tally }) => ({
      repository: name,
      tally: describeTally(tally),
    })),
    users: report.users.map(({ name, tally }) => ({ user: name, tally: describeTally(tally) })),
  };
  const notes = notesOn(account, repositories, read);
  const isComplete = read.stopped === undefined && read.unread.length === 0;
  const json = { ...described, complete: isComplete, runs: read.runs, unread: read.unread, notes };
  const text = [usageText(account.login, described), ...notes].join('\n\n');
  if (read.stopped !== undefined) {
    return { ok: false, message: `${text}\n\nStopped before the end: ${read.stopped}`, json };
  }
  const nothingRead = repositories.length > 0 && read.unread.length === repositories.length;
  return nothingRead ? { ok: false, message: text, json } : { ok: true, text, json };
}

function notesOn(
  { login, privateRepositories }: HistoryAccount,
  repositories: readonly HistoryRepository[],
  { unread }: ReadHistory,
): string[] {
  const seen = repositories.filter((it) => it.private).length;
  const hidden = privateRepositories === undefined ? undefined : privateRepositories - seen;
  const notes = unread.length === 0 ? [] : [unreadText(unread)];
  if (hidden !== undefined && hidden > 0) {
    notes.push(
      `Not counted: ${hidden} private ${repositoriesOf(hidden)} of ${login} that this token does not see.`,
    );
  } else if (hidden === undefined && seen === 0) {
    notes.push(`This token sees no private repository of ${login}. If there are any, they are not counted.`);
  }
  return notes;
}

const repositoriesOf = (count: number): string => (count === 1 ? 'repository' : 'repositories');

function unreadText(unread: readonly Unread[]): string {
  const lines = unread.map(({ repository, why }) => `  ${repository}: ${why}`);
  return [`Not counted: ${unread.length} ${repositoriesOf(unread.length)}.`, ...lines].join('\n');
}

function mend({ kind, message }: GitHubError): string {
  switch (kind) {
    case 'unauthorised':
      return `${message}. GitHub does not take this token: it is mistyped, has run out, or was revoked.`;
    case 'forbidden':
      return `${message}. The token needs to read metadata and Actions of the repositories (fine-grained: "Actions: read"; classic: "repo"), and your organisation may have to allow it.`;
    default:
      return message;
  }
}
