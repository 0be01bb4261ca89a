// Looks for secrets where none may be readable (I8): in every file of some folders, scratch disks included, and in the
// arguments and environment of every process of this machine.

import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { rsaJwkOf, type ShellKeys } from '../src/sim/github/http/shell.ts';

/**
 * What a leaked JIT configuration would be known by: the private key in it, as the configuration holds it and as the runner
 * writes it into its folder.
 */
export function needlesOf(keys: ShellKeys, jitConfigs: readonly string[]): readonly string[] {
  const { d, p } = rsaJwkOf(keys.runner);
  const plain = [d, p].map((value) => Buffer.from(value, 'base64url').toString('base64'));
  // The beginning is alike in all configurations and tells nothing; the key lies in the second half.
  return [...plain, ...jitConfigs.map((config) => config.slice(Math.floor(config.length * 0.7)))];
}

/** Enough of a secret to know it by, and short enough to find it across line breaks in a base64 text. */
const needleLength = 48;

/** Gives the needle's places, in words. `secrets` shorter than a needle are an error of the caller. */
export async function findSecrets(
  secrets: readonly string[],
  folders: readonly string[],
): Promise<readonly string[]> {
  const needles = secrets.map((secret) => Buffer.from(secret.slice(0, needleLength)));
  if (needles.some(({ length }) => length < needleLength))
    throw new Error('bug: a secret too short to look for');
  const places = await Promise.all(folders.map((folder) => searchFolder(folder, needles)));
  return [...places.flat(), ...(await searchProcesses(needles))];
}

/** tar knows the holes of sparse files, so that a disk of many GiB is read as fast as what is written on it. */
function searchFolder(folder: string, needles: readonly Buffer[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const tar = spawn('tar', ['--create', '--sparse', '--ignore-failed-read', '--file=-', folder], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const found = new Set<string>();
    let tail = Buffer.alloc(0);
    tar.stdout.on('data', (chunk: Buffer) => {
      const window = Buffer.concat([tail, chunk]);
      for (const [index, needle] of needles.entries()) {
        if (window.includes(needle)) found.add(`secret ${index + 1} in a file below ${folder}`);
      }
      tail = window.subarray(Math.max(0, window.length - needleLength));
    });
    tar.on('error', reject);
    tar.on('close', () => resolve([...found]));
  });
}

async function searchProcesses(needles: readonly Buffer[]): Promise<readonly string[]> {
  const places: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const part of ['cmdline', 'environ']) {
      // A process that has ended, or is another user's, shows nothing.
      const content = await readFile(`/proc/${pid}/${part}`).catch(() => Buffer.alloc(0));
      for (const [index, needle] of needles.entries()) {
        if (content.includes(needle)) places.push(`secret ${index + 1} in the ${part} of process ${pid}`);
      }
    }
  }
  return places;
}
