// The postmaster is started through PostgreSQL's own `pg_ctl`: it puts it into a session of its own, so that neither our
// end nor a Ctrl-C ends it, and waits until it takes connections.

import { createHash } from 'node:crypto';
import { chown, lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeSettings } from './data-folder.ts';
import { EmbeddedPostgresError, explained } from './embedded-error.ts';
import { isRunning } from './process-state.ts';
import { runAs, type SystemUser } from './run-as.ts';

export interface ServerFiles {
  folder: string;
  bin: string;
  user: SystemUser | undefined;
}

/** The kernel's `sun_path` holds 107 bytes, the name of the socket in the folder is `/.s.PGSQL.5432`. */
const longestSocketFolder = 107 - '/.s.PGSQL.5432'.length;
const largestLog = 10 * 1024 * 1024;
/** To write a checkpoint or to read the log again takes minutes on a busy disk; who gave up sooner would leave it half done. */
const patienceSeconds = '300';

/** Where the running server, or the one that died, has its socket; from line 5 of its pid file. */
export async function socketFolderOf(files: ServerFiles): Promise<string | undefined> {
  return (await pidFile(files))[4]?.trim() || undefined;
}

async function pidFile({ folder }: ServerFiles): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
  return text.split('\n');
}

/** @throws EmbeddedPostgresError with the cause out of the server's log. */
export async function startServer(files: ServerFiles): Promise<void> {
  const { folder, bin, user } = files;
  await writeSettings(folder, await makeSocketFolder(files), user);
  const log = join(folder, 'postgres.log');
  await keepLogSmall(log);
  const logBefore = await sizeOf(log);
  const { code, output } = await pgCtl(files, [
    'start',
    '--log',
    log,
    '--wait',
    '--timeout',
    patienceSeconds,
  ]);
  if (code === 0) return;
  const said = (await readFile(log).catch(() => Buffer.alloc(0))).subarray(logBefore).toString('utf8');
  throw explained(`cannot start the PostgreSQL of ${folder} (${bin}).`, said || output);
}

/** Ends its connections and stops it; all that was committed is on disk. */
export async function stopServer(files: ServerFiles): Promise<void> {
  const pid = Number((await pidFile(files))[0]);
  const socketFolder = await socketFolderOf(files);
  const { code, output } = await pgCtl(files, [
    'stop',
    '--mode',
    'fast',
    '--wait',
    '--timeout',
    patienceSeconds,
  ]);
  if (code !== 0 && !output.includes('Is server running?')) {
    throw explained(`cannot stop the PostgreSQL of ${files.folder}.`, output);
  }
  // Its pid file goes a moment before the process itself.
  while (await isRunning(pid)) await pause(5);
  if (socketFolder !== undefined && socketFolder !== ownSocketFolder(files)) {
    await rm(socketFolder, { recursive: true, force: true });
  }
}

const ownSocketFolder = ({ folder }: ServerFiles): string => join(folder, 'socket');

/** Beside the data where the path is short enough, else in the folder for temporary files. */
async function makeSocketFolder(files: ServerFiles): Promise<string> {
  const own = ownSocketFolder(files);
  if (Buffer.byteLength(own) <= longestSocketFolder) {
    await mkdir(own, { recursive: true, mode: 0o700 });
    if (files.user !== undefined) await chown(own, files.user.uid, files.user.gid);
    return own;
  }
  // The same at each start, so that those who connect find a restarted server.
  const elsewhere = join(
    tmpdir(),
    `bellows-pg-${createHash('sha256').update(own).digest('hex').slice(0, 16)}`,
  );
  await mkdir(elsewhere, { mode: 0o700 }).catch(async (cause: unknown) => {
    // Anybody may make a folder there before us; only one that nobody else can enter will do.
    const found = await lstat(elsewhere).catch(() => undefined);
    const owners = [userInfo().uid, files.user?.uid];
    const ours = found?.isDirectory() === true && owners.includes(found.uid) && (found.mode & 0o077) === 0;
    if (ours) return;
    throw new EmbeddedPostgresError(
      `The path of ${files.folder} is too long for a Unix socket, and ${elsewhere} is not ours: remove it, or choose a shorter data folder.`,
      { cause },
    );
  });
  if (files.user !== undefined) await chown(elsewhere, files.user.uid, files.user.gid);
  return elsewhere;
}

function pgCtl({ folder, bin, user }: ServerFiles, args: readonly string[]) {
  const [verb = 'status', ...rest] = args;
  return runAs(user, join(bin, 'pg_ctl'), [verb, '--pgdata', join(folder, 'data'), ...rest], folder);
}

async function keepLogSmall(log: string): Promise<void> {
  if ((await sizeOf(log)) > largestLog) await rename(log, `${log}.1`);
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  );
}
