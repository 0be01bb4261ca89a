// How the jailer is started. It changes into the VM's user, jail and control group and then becomes Firecracker in the same
// process, so that our child is the VMM and its exit code is told to us: `--daemonize` and `--new-pid-ns` would take that
// away. All of it is readable by every user of the host (I8).

import { isAbsolute, relative } from 'node:path';
import { type HostPath, type Jail, jailed } from './jail.ts';

export interface Launch {
  jail: Jail;
  /** The jailer's base folder. */
  base: HostPath;
  /** Firecracker's program, with no link in its path: the jailer calls folders by its name. */
  program: string;
  /** User and group. */
  user: number;
  pci: boolean;
  /** Below the root of cgroup v2. */
  cgroup: string | undefined;
}

export function jailerArguments({ jail, base, program, user, pci, cgroup }: Launch): string[] {
  return [
    ...['--id', jail.id, '--exec-file', program],
    ...['--uid', String(user), '--gid', String(user)],
    ...['--chroot-base-dir', base],
    // The jailer moves itself into a folder that is there already; it could not set I/O limits itself, since their values
    // hold a `=` (firecracker/src/jailer/src/env.rs). Left out altogether where there is none: the jailer would look for one.
    ...(cgroup === undefined ? [] : ['--cgroup-version', '2', '--parent-cgroup', cgroup]),
    '--',
    ...['--api-sock', jailed.apiSocket],
    // By the word `Info` it says with which exit code it ends, which an agent that did not start it cannot learn otherwise.
    ...['--log-path', jailed.log, '--level', 'Info', '--show-level'],
    ...(pci ? ['--enable-pci'] : []),
  ];
}

/** The jailer wants it relative; undefined when it lies elsewhere. */
export function cgroupBelow(root: string, cgroup: string): string | undefined {
  const path = relative(root, cgroup);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? undefined : path;
}
