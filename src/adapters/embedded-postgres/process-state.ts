import { readFile } from 'node:fs/promises';

/**
 * Whether a process runs. On Linux, one that has ended and that nobody has taken note of yet (a zombie) does not.
 * @param statFile  where Linux tells of it; other systems have no such file
 */
export async function isRunning(pid: number, statFile = `/proc/${pid}/stat`): Promise<boolean> {
  // What is no id would mean others: 0 is our own process group (kill(2)).
  if (!(pid > 0)) return false;
  try {
    // Signal 0 reaches nobody; it only says whether there is somebody to reach.
    process.kill(pid, 0);
  } catch (error) {
    // Another user's: it is there.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  // Elsewhere there is no such file; here the process has ended since, which the next look will tell.
  const text = await readFile(statFile, 'utf8').catch(() => undefined);
  // `pid (name) state …`, and the name may hold anything (proc(5)).
  return text === undefined || text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3) !== 'Z';
}
