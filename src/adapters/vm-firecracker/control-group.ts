import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';

const lookMs = 5;
const longestMs = 10_000;

/**
 * Ends whatever is left in a VM's control group, and resolves when nothing is: a VMM that its guest has taken over may have
 * begun processes that do not carry the jail's id (Linux, Documentation/admin-guide/cgroup-v2.rst, cgroup.kill). One that is
 * gone is empty. The group itself is taken away by who made it.
 */
export async function emptyControlGroup(cgroup: string, clock: Clock): Promise<void> {
  // Kernels before 5.14 have no such file: there what has the jail's id is all that can be found.
  await writeFile(join(cgroup, 'cgroup.kill'), '1', { flag: 'r+' }).catch(unlessMissing);
  const deadline = clock.now() + longestMs;
  while (/^populated 1$/m.test(await readFile(join(cgroup, 'cgroup.events'), 'utf8').catch(unlessMissing))) {
    if (clock.now() > deadline) throw new Error(`processes in ${cgroup} do not end, though they were killed`);
    await clock.sleep(lookMs);
  }
}

function unlessMissing(error: unknown): string {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENODEV'))
    return '';
  throw error;
}
