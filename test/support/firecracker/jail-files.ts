// What a process of the VM's user may do with the files in its jail. The stand-in is not changed into that user, since its
// Node could not be found from inside; so it asks here before it opens anything.

import { lstatSync, statSync } from 'node:fs';

/** The working folder is the jail's root, and its owner is the VM's user. */
export function jailUser(): number {
  return statSync('.').uid;
}

/** The file of a path in the jail, relative to its root. @throws as the system would tell the VMM. */
export function openable(path: string, access: 'read' | 'write'): string {
  if (!path.startsWith('/')) throw new Error(`No such file or directory (os error 2): ${path}`);
  const file = `.${path}`;
  let stat: ReturnType<typeof lstatSync>;
  try {
    stat = lstatSync(file);
  } catch {
    throw new Error(`No such file or directory (os error 2): ${path}`);
  }
  // A link would lead to another place inside than outside.
  if (stat.isSymbolicLink()) throw new Error(`Too many levels of symbolic links (os error 40): ${path}`);
  const wanted = access === 'read' ? 0o4 : 0o6;
  const granted = stat.uid === jailUser() ? stat.mode >> 6 : stat.mode;
  if ((granted & wanted) !== wanted) throw new Error(`Permission denied (os error 13): ${path}`);
  return file;
}
