// Looks for secrets where none may be readable (I8): in every file of some folders, scratch disks included, in every row of
// their databases, and in the arguments and environment of every process of this machine.

import { spawn } from 'node:child_process';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
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

/**
 * Gives the needle's places, in words. `secrets` shorter than a needle are an error of the caller.
 * @param databases folders of running embedded PostgreSQLs
 */
export async function findSecrets(
  secrets: readonly string[],
  folders: readonly string[],
  databases: readonly string[],
): Promise<readonly string[]> {
  const needles = secrets.map((secret) => Buffer.from(secret.slice(0, needleLength)));
  if (needles.some(({ length }) => length < needleLength))
    throw new Error('bug: a secret too short to look for');
  const places = await Promise.all([
    ...folders.map((folder) => searchFolder(folder, needles)),
    ...databases.map((folder) => searchDatabase(folder, needles)),
  ]);
  return [...places.flat(), ...(await searchProcesses(needles))];
}

/** Asked for its rows: in its files long values are compressed, and a secret in one of them does not stand there as it is. */
async function searchDatabase(folder: string, needles: readonly Buffer[]): Promise<readonly string[]> {
  const [, , , port, host] = (await readFile(join(folder, 'data/postmaster.pid'), 'utf8')).split('\n');
  const password = await readFile(join(folder, 'password'), 'utf8');
  const at = { host: host ?? '', port: Number(port), user: 'bellows', database: 'postgres', password };
  const client = new pg.Client(at);
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "select oid::regclass::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
    );
    if (tables.length === 0) throw new Error(`the database in ${folder} has no tables to look into`);
    const found: string[] = [];
    for (const { name } of tables) {
      for (const [index, needle] of needles.entries()) {
        // Bytes are written in hexadecimal.
        const { rowCount } = await client.query(
          `select 1 from ${name} t where position($1 in t::text) > 0 or position($2 in t::text) > 0 limit 1`,
          [needle.toString('latin1'), needle.toString('hex')],
        );
        if (rowCount !== 0) found.push(`secret ${index + 1} in the table ${name}`);
      }
    }
    return found;
  } finally {
    await client.end();
  }
}

/** tar knows the holes of sparse files, so that a disk of many GiB is read as fast as what is written on it. */
async function searchFolder(folder: string, needles: readonly Buffer[]): Promise<readonly string[]> {
  // tar forgives what it cannot read, this too.
  await access(folder);
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
    tar.on('close', (code) => {
      // 1 says that a file changed meanwhile; more, that it may not have read them all.
      if (code === 0 || code === 1) resolve([...found]);
      else reject(new Error(`tar could not read ${folder}: it ended with ${code}`));
    });
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
