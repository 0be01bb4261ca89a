// The stand-in for the program `jailer` (src/jailer/src/env.rs, docs/jailer.md): the same folders, refusals and order. It
// cannot change root or user and still find its Node, so it changes its working folder to the jail, and the stand-in VMM
// takes that for `/`, and its owner for itself.

import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Faults, StandInSettings } from './settings.ts';
import { limits } from './state-rules.ts';

export async function main(settings: StandInSettings): Promise<void> {
  const faults: Faults = JSON.parse(readFileSync(settings.faults, 'utf8'));
  if (faults.jailerSleepsMs !== undefined)
    await new Promise((resolve) => setTimeout(resolve, faults.jailerSleepsMs));
  try {
    enter(settings, faults);
  } catch (error) {
    process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

function enter(settings: StandInSettings, faults: Faults): void {
  const end = process.argv.indexOf('--');
  const extra = end < 0 ? [] : process.argv.slice(end + 1);
  const given = argumentsOf(process.argv.slice(2, end < 0 ? undefined : end));
  const jail = join(given.base, basename(given.program), given.id, 'root');
  mkdirSync(jail, { recursive: true });
  const program = copyProgram(given.program, jail);
  if (faults.cgroupOverlooked !== true) joinCgroup(given, settings.cgroupRoot, basename(given.program));
  process.chdir(jail);
  for (const folder of ['.', 'dev', 'dev/net', 'run']) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
    chownSync(folder, given.uid, given.gid);
  }
  // In place of devices: making one that is there fails, so a jail is entered once.
  for (const device of ['dev/net/tun', 'dev/kvm', 'dev/urandom'])
    make(device, `Failed to create /${device} via mknod inside the jail`);
  const name = basename(given.program);
  make(`${name}.pid`, `Failed to open file "/${name}.pid"`, String(process.pid));
  chownSync(program, given.uid, given.gid);
  // In the same process, and with nothing of the environment.
  if (process.execve === undefined) throw new Error('this Node cannot become another program');
  process.execve(
    program,
    [`/${name}`, '--id', given.id, '--start-time-us', '1', '--start-time-cpu-us', '1', ...extra],
    {},
  );
}

interface Arguments {
  id: string;
  program: string;
  uid: number;
  gid: number;
  base: string;
  cgroupVersion: string;
  parentCgroup: string | undefined;
}

function argumentsOf(args: string[]): Arguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ id: text, 'exec-file': text, uid: text, gid: text, 'chroot-base-dir': text },
      ...{ 'cgroup-version': text, 'parent-cgroup': text },
    },
  });
  const id = values.id ?? '';
  if (!limits.instanceId.test(id)) throw new Error(`Invalid instance ID: ${id}`);
  const program = realpathSync(values['exec-file'] ?? '');
  if (!basename(program).includes('firecracker'))
    throw new Error(`The exec file name must hold "firecracker": ${program}`);
  const [uid, gid] = [values.uid, values.gid].map((value) => {
    if (value === undefined || !/^\d+$/.test(value)) throw new Error(`Failed to parse uid or gid: ${value}`);
    return Number(value);
  });
  const base = values['chroot-base-dir'] ?? '/srv/jailer';
  // Not made by the jailer.
  if (!existsSync(base))
    throw new Error(`Failed to canonicalize path ${base}: No such file or directory (os error 2)`);
  return {
    id,
    program,
    uid: uid ?? 0,
    gid: gid ?? 0,
    base: realpathSync(base),
    cgroupVersion: values['cgroup-version'] ?? '1',
    parentCgroup: values['parent-cgroup'],
  };
}

/** A copy, so that no two VMs share its pages; it writes over nothing that has a second name. */
function copyProgram(from: string, jail: string): string {
  const to = join(jail, basename(from));
  if (existsSync(to) && (lstatSync(to).isSymbolicLink() || lstatSync(to).nlink > 1))
    throw new Error(`Failed to copy ${from} to ${to}: it is a link`);
  copyFileSync(from, to);
  chmodSync(to, statSync(from).mode);
  return to;
}

/** With version 2 and no `--cgroup`: into the folder when it is there; when it is not, nothing is said. */
function joinCgroup({ cgroupVersion, parentCgroup }: Arguments, root: string, programName: string): void {
  if (cgroupVersion !== '2') return;
  const parent = parentCgroup ?? programName;
  if (parent.startsWith('/') || parent.split('/').some((part) => part === '.' || part === '..'))
    throw new Error(`Invalid parent cgroup path: ${parent}`);
  const folder = join(root, parent);
  if (existsSync(folder)) writeFileSync(join(folder, 'cgroup.procs'), `${process.pid}\n`);
}

function make(path: string, words: string, content = ''): void {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new Error(
      `${words}: ${String(error).includes('EEXIST') ? 'File exists (os error 17)' : String(error)}`,
    );
  }
}
