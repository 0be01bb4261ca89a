// The end of a job's log. GitHub answers with a URL that is good for a minute; there only the end is asked for, and of a server
// that sends all the same everything no more is kept than that.

import { seconds } from '../../domain/time.ts';
import { GitHubError, type JobRef } from '../../ports/github.ts';
import { linesOfTail } from '../../wire/github-log.ts';
import type { Window } from './budget-rules.ts';
import type { Call, Rest } from './rest.ts';

/** Nothing hangs on them: when hundreds of jobs fail at once, a few of their logs tell why. */
export const logCalls: Window = { max: 60, ms: seconds(600) };
const timeoutMs = seconds(30);
/** Of a server that does not know ranges. */
const mostBytes = 64 * 1024 * 1024;

export async function logTail(
  rest: Rest,
  job: JobRef,
  bytes: number,
  keep: number,
): Promise<readonly string[] | 'missing'> {
  const [owner = '', repo = ''] = job.repository.split('/');
  const call: Omit<Call, 'redirected'> = {
    operation: `read the log of job ${job.id} of ${job.repository}`,
    as: job.installationId,
    route: 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs',
    params: { owner, repo, job_id: job.id },
    keep,
    windows: [{ bucket: `logs:${job.installationId}`, window: logCalls }],
  };
  try {
    return linesOfTail(await tailOf(await rest.locate(call), bytes, call.operation));
  } catch (error) {
    // 410: it has been dropped.
    if (error instanceof GitHubError && (error.status === 404 || error.status === 410)) return 'missing';
    throw error;
  }
}

/** Without our token: the URL is the credential, so it is in no error either. */
async function tailOf(url: string, bytes: number, operation: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url, {
      headers: { range: `bytes=-${bytes}` },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    // 416: the log is empty.
    if (response.status === 416) return new Uint8Array();
    if (response.status === 404)
      throw new GitHubError(`no log: ${operation}`, { kind: 'not-found', status: 404 });
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
    return await lastBytes(response.body, bytes);
  } catch (error) {
    if (error instanceof GitHubError) throw error;
    const why = error instanceof Error ? error.message : 'no answer';
    throw new GitHubError(`the store of logs did not answer when asked to ${operation}: ${why}`, {
      kind: 'unavailable',
    });
  }
}

async function lastBytes(body: ReadableStream<Uint8Array>, bytes: number): Promise<Uint8Array> {
  let tail: Uint8Array = new Uint8Array();
  let read = 0;
  for await (const chunk of body) {
    read += chunk.length;
    if (read > mostBytes) throw new Error('the log is too long');
    tail = Buffer.concat([tail, chunk]).subarray(-bytes);
  }
  return tail;
}
