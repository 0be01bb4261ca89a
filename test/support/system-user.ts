// Another user of this machine, for what must work without root.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

export async function systemUser(wanted: string): Promise<SystemUser | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const [name, , uid, gid] = lines.find(([name]) => name === wanted) ?? [];
  return name === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

/** Only root may ask for another. */
export const canRead = ({ uid, gid }: SystemUser, path: string): Promise<boolean> =>
  promisify(execFile)('cat', [path], { uid, gid, cwd: '/' }).then(
    () => true,
    () => false,
  );
