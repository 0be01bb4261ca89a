// The data folder: `data` (PostgreSQL's own), `password`, `socket`, `postgres.log`. All of it belongs to the user that
// PostgreSQL runs as, and nobody else may look into it.

import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Secret } from '../../ports/secret.ts';
import { EmbeddedPostgresError, explained } from './embedded-error.ts';
import { isRunning } from './process-state.ts';
import { runAs, type SystemUser } from './run-as.ts';

/** The role and the database that the embedded PostgreSQL has. */
export const role = 'bellows';

/** Makes the folder, and makes sure that `user` reaches it. */
export async function prepareFolder(folder: string, user: SystemUser | undefined): Promise<void> {
  // `pg_ctl` hands these paths to a shell.
  if (/["$`\\\n]/.test(folder)) {
    throw new EmbeddedPostgresError(
      `The data folder ${folder} has a character in its name that PostgreSQL’s pg_ctl cannot bear; choose another.`,
    );
  }
  try {
    // The folders above are passed through by `user`.
    await mkdir(dirname(folder), { recursive: true, mode: 0o711 });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    await chmod(folder, 0o700);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EmbeddedPostgresError(
      `The data folder ${folder} cannot be used (${why}). Choose one that you own, or start Bellows as its owner.`,
      { cause },
    );
  }
  if (user === undefined) return;
  const { code } = await runAs(user, '/bin/sh', ['-c', 'cd -- "$0"', folder]);
  if (code !== 0) {
    throw new EmbeddedPostgresError(
      `PostgreSQL runs as the user ${user.name}, who cannot reach ${folder}: a folder above it is closed to others. Choose a data folder such as /var/lib/bellows-server.`,
    );
  }
}

/** The password, made at the first start. */
export async function providePassword(folder: string, user: SystemUser | undefined): Promise<Secret> {
  const file = join(folder, 'password');
  const fresh = `${file}${freshSuffix()}`;
  await writeFile(fresh, randomBytes(32).toString('hex'), { mode: 0o600 });
  if (user !== undefined) await chown(fresh, user.uid, user.gid);
  try {
    // Unlike a rename, a link never replaces: of two that start at the same time, both read the same.
    await link(fresh, file);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
  } finally {
    await rm(fresh, { force: true });
  }
  return new Secret(await readFile(file, 'utf8'));
}

/**
 * Makes the database cluster if there is none, in a folder aside, so that a half-made one is never taken for one.
 * @throws EmbeddedPostgresError also when the data was made by another major version.
 */
export async function provideCluster(
  folder: string,
  { bin, major }: { bin: string; major: number },
  user: SystemUser | undefined,
): Promise<void> {
  const data = join(folder, 'data');
  const found = await versionOf(data);
  if (found === major) return;
  if (found !== undefined) {
    throw new EmbeddedPostgresError(
      `The data in ${folder} was made by PostgreSQL ${found}, and this Bellows brings ${major}. Start the Bellows that made it and move the data over (see “Another version” in docs/database.md), or choose another data folder.`,
    );
  }
  await removeHalfMade(folder);
  const fresh = join(folder, `data${freshSuffix()}`);
  const { code, output } = await runAs(user, join(bin, 'initdb'), [
    ...['--pgdata', fresh, '--username', role, '--pwfile', join(folder, 'password')],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-locale', '--no-instructions'],
  ]);
  if (code !== 0) {
    await rm(fresh, { recursive: true, force: true });
    throw explained(`cannot make a database in ${folder}.`, output);
  }
  await appendFile(join(fresh, 'postgresql.conf'), "\ninclude 'bellows.conf'\n");
  try {
    await rename(fresh, data);
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    // Another start was faster: its cluster is as good.
    if ((await versionOf(data)) !== major) throw cause;
  }
}

/** Writes what every start sets anew. */
export async function writeSettings(
  folder: string,
  socketFolder: string,
  user: SystemUser | undefined,
): Promise<void> {
  const socket = `"${socketFolder.replaceAll('"', '""')}"`.replaceAll("'", "''");
  const lines = [
    '# Written by Bellows at each start. Your own settings belong into postgresql.conf, below the include.',
    "listen_addresses = ''",
    `unix_socket_directories = '${socket}'`,
    'unix_socket_permissions = 0700',
    'port = 5432',
    'fsync = on',
    'synchronous_commit = on',
    'full_page_writes = on',
    'max_connections = 60',
    'shared_buffers = 64MB',
    'max_wal_size = 1GB',
    "log_timezone = 'UTC'",
    "timezone = 'UTC'",
    'log_checkpoints = off',
    '',
  ];
  const file = join(folder, 'data', 'bellows.conf');
  await writeFile(file, lines.join('\n'), { mode: 0o600 });
  if (user !== undefined) await chown(file, user.uid, user.gid);
}

/** For a name aside, which `removeHalfMade` knows how to judge. */
export const freshSuffix = (): string => `.new-${process.pid}-${randomBytes(4).toString('hex')}`;

async function versionOf(data: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(join(data, 'PG_VERSION'), 'utf8'), 10);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new EmbeddedPostgresError(`cannot read ${data}: start Bellows as the user that owns it.`, {
      cause,
    });
  }
}

/** What starts left behind that died while they made a cluster or a copy. */
async function removeHalfMade(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /\.new-(\d+)-\w+$/.exec(name)?.[1];
    if (pid === undefined || (await isRunning(Number(pid)))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
