import { lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SystemUser } from './run-as.ts';

/** Gives a folder and all in it to `user`; links themselves, not what they point to. */
export async function chownTree(path: string, user: SystemUser): Promise<void> {
  await lchown(path, user.uid, user.gid);
  if (!(await lstat(path)).isDirectory()) return;
  for (const name of await readdir(path)) await chownTree(join(path, name), user);
}
