// A PostgreSQL of our own in a data folder, for those who have none. It listens on a Unix socket alone. If our process dies,
// it goes on, and the next start adopts it; if it dies, it is started again.

import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../ports/log.ts';
import type { Secret } from '../../ports/secret.ts';
import { packagedBin, usableBinaries } from './binaries.ts';
import { prepareFolder, provideCluster, providePassword, role } from './data-folder.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';
import { type Ownership, takeOwnership } from './ownership.ts';
import { type ServerFiles, socketFolderOf, startServer, stopServer } from './server-process.ts';
import { planUser, provideUser } from './system-user.ts';

export interface EmbeddedPostgres {
  /** How to connect; `host` is the folder of the socket. */
  readonly connection: { host: string; port: number; user: string; database: string; password: Secret };
  /** It was running already: an earlier Bellows died without stopping it. */
  readonly adopted: boolean;
  readonly major: number;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** An absolute path; made if it is not there. */
  folder: string;
  log: Log;
  /** As root, and without a user `postgres` or `bellows`: make `bellows`. See `planUser` for what would be done. */
  mayCreateUser?: boolean;
  /** A folder with `initdb`, `pg_ctl` and `postgres`; that of the npm package if not given. */
  bin?: string;
}

/** How long a server that is starting or stopping is waited for. */
const settleMs = 60_000;
const lookAgainMs = 100;
const longestRestartPauseMs = 30_000;

/** @throws EmbeddedPostgresError with what to do about it. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, log } = options;
  const user = await provideUser(await planUser(), options.mayCreateUser ?? false);
  await prepareFolder(folder, user);
  const binaries = await usableBinaries(options.bin ?? packagedBin(), user, folder);
  const password = await providePassword(folder, user);
  await provideCluster(folder, binaries, user);
  const files: ServerFiles = { folder, bin: binaries.bin, user };

  const first = await startOrAdopt(files, password);
  if (first.adopted) log.warn('adopted a running PostgreSQL that an earlier process left', { folder });
  const host = await socketFolderOf(files);
  if (host === undefined) throw new EmbeddedPostgresError(`the PostgreSQL of ${folder} has ended at once`);
  const stop = keepUp(files, password, first.ownership, log);
  const connection = { host, port: 5432, user: role, database: 'postgres', password };
  return { connection, adopted: first.adopted, major: binaries.major, stop };
}

/** Of several that come here at the same time exactly one becomes the owner; the others are refused. */
async function startOrAdopt(
  files: ServerFiles,
  password: Secret,
): Promise<{ ownership: Ownership; adopted: boolean }> {
  let failure: unknown;
  for (let waitedMs = 0; waitedMs < settleMs; waitedMs += lookAgainMs) {
    const running = await own(files, password);
    if (running !== undefined)
      return { ownership: running, adopted: failure === undefined && waitedMs === 0 };
    try {
      await startServer(files);
    } catch (error) {
      // Somebody else may have been starting it, or it is just being stopped: then a second look helps.
      const started = await own(files, password);
      if (started !== undefined) return { ownership: started, adopted: true };
      if (failure !== undefined && (await socketFolderOf(files)) === undefined) throw error;
      failure = error;
      await pause(lookAgainMs);
      continue;
    }
    const started = await own(files, password);
    if (started !== undefined) return { ownership: started, adopted: false };
    await pause(lookAgainMs);
  }
  throw failure ?? new EmbeddedPostgresError(`the PostgreSQL of ${files.folder} does not answer`);
}

async function own(files: ServerFiles, password: Secret): Promise<Ownership | undefined> {
  const socketFolder = await socketFolderOf(files);
  return socketFolder === undefined ? undefined : takeOwnership(files.folder, socketFolder, password);
}

/** Starts the server again whenever it ends, until the returned function stops it for good. */
function keepUp(files: ServerFiles, password: Secret, first: Ownership, log: Log): () => Promise<void> {
  const stopping = new AbortController();
  let ownership = first;
  const watch = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      await ownership.lost;
      if (stopping.signal.aborted) return;
      log.error('the embedded PostgreSQL has ended; starting it again', { folder: files.folder });
      try {
        ownership = (await startOrAdopt(files, password)).ownership;
        failures = 0;
      } catch (error) {
        failures += 1;
        const waitMs = Math.min(longestRestartPauseMs, 500 * 2 ** Math.min(failures, 6));
        log.error('cannot start the embedded PostgreSQL', { error, retryInMs: waitMs });
        await pause(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };
  const watching = watch();
  return async () => {
    if (stopping.signal.aborted) return watching;
    stopping.abort();
    await ownership.release();
    await watching;
    await stopServer(files);
  };
}
