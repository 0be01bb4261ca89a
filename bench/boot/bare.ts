// The two yardsticks: the same machine and image started by a shell script, and the same with an init that only prints.

import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { qemuGuestLink } from '../../src/adapters/vm-qemu/guest-link.ts';
import { vmId } from '../../src/domain/ids.ts';
import { converse } from '../../test/support/guest-conversation.ts';
import { patienceMs } from './machine.ts';

export interface BareFiles {
  kernelPath: string;
  initramfsPath: string;
  rootPath: string;
  /** An empty scratch disk to copy. */
  template: string;
}

/** What the printing init says. */
export const printed = 'the init prints';
export const printingInit = `#!/bin/busybox sh\necho "${printed}"\nexec /bin/busybox sleep 600\n`;

/** Milliseconds from the script's start to the guest's hello. */
export async function bootToHello(folder: string, files: BareFiles): Promise<number> {
  return withScript(folder, files, async (_, begun) => {
    const guest = await converse(qemuGuestLink(), {
      vm: vmId('vm-bare'),
      guestSocketPath: join(folder, 'link'),
    });
    try {
      return (await guest.first('hello')).atMs - begun;
    } finally {
      guest.close();
    }
  });
}

/** Milliseconds from the script's start to the printed line on the console. */
export async function bootToPrint(folder: string, files: BareFiles): Promise<number> {
  return withScript(
    folder,
    files,
    (child, begun) =>
      new Promise((resolve) => {
        let said = '';
        child.stdout?.on('data', (chunk: Buffer) => {
          said += chunk.toString('latin1');
          if (said.includes(printed)) resolve(performance.now() - begun);
        });
      }),
  );
}

async function withScript(
  folder: string,
  { kernelPath, initramfsPath, rootPath, template }: BareFiles,
  measure: (child: ChildProcess, begun: number) => Promise<number>,
): Promise<number> {
  await rm(join(folder, 'link'), { force: true });
  const script = join(import.meta.dirname, 'bare.sh');
  const begun = performance.now();
  const child = spawn('sh', [script, folder, kernelPath, initramfsPath, rootPath, template], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.resume();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ready within ${patienceMs / 1000} s`)), patienceMs);
  });
  try {
    return Math.round(await Promise.race([measure(child, begun), late]));
  } finally {
    clearTimeout(timer);
    await ended(child);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
