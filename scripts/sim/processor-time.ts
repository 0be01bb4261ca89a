// How long a child has been at work, and not how long it has been there: a machine that is busy with other things makes
// nobody guilty.

import { readFile } from 'node:fs/promises';

/** Linux counts in hundredths of a second towards programs, on every architecture (`man 2 times`, `USER_HZ`). */
const tickMs = 10;

/** The processor time of all threads of a process; undefined when it has ended, or where there is no `/proc`. */
export async function processorTimeOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the program's name in brackets, which may hold anything; `utime` and `stime` are the 14th and 15th.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
