import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../../ports/log.ts';
import { explained } from './embedded-error.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { isRunning } from './process-state.ts';
import { planUser, provideUser } from './system-user.ts';

const lines: string[] = [];
const log: Log = {
  debug: (message) => void lines.push(message),
  info: (message) => void lines.push(message),
  warn: (message) => void lines.push(message),
  error: (message) => void lines.push(message),
  with: () => log,
};

let parent = '';
let folder = '';
const started: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  lines.length = 0;
  parent = await mkdtemp(join(tmpdir(), 'bellows-embedded-'));
  folder = join(parent, 'pg');
  // The folder that a test makes is closed to others, and PostgreSQL may run as another user.
  await chmod(parent, 0o755);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of started.splice(0)) await server.stop();
  await rm(parent, { recursive: true, force: true });
});

async function start(where = folder): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder: where, log });
  started.push(server);
  return server;
}

async function ask(server: EmbeddedPostgres, sql: string): Promise<unknown> {
  const client = new pg.Client({
    ...server.connection,
    password: server.connection.password.reveal(),
  });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

const postmasterPid = async (): Promise<number> =>
  Number.parseInt(await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8'), 10);

/** Another process that starts the server and then does nothing; gives it once it is the owner. */
async function startInAnotherProcess(): Promise<ChildProcess> {
  const program = join(parent, 'owner.mjs');
  const module = new URL('./embedded-postgres.ts', import.meta.url);
  await writeFile(
    program,
    `import { startEmbeddedPostgres } from ${JSON.stringify(module.href)};
     const log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };
     await startEmbeddedPostgres({ folder: ${JSON.stringify(folder)}, log });
     process.send('up');
     process.on('message', () => {});`,
  );
  const child = fork(program, { stdio: 'inherit', execArgv: [] });
  children.push(child);
  await once(child, 'message');
  return child;
}

describe('the embedded PostgreSQL', () => {
  it('is made, keeps its data over a restart, and is durable', async () => {
    const first = await start();
    expect(first.adopted).toBe(false);
    expect(first.major).toBe(18);
    await ask(first, 'create table kept as select 42 as answer');
    expect(await ask(first, 'show fsync')).toBe('on');
    expect(await ask(first, 'show synchronous_commit')).toBe('on');
    await first.stop();
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second, 'select answer from kept')).toBe(42);
  });

  it('listens on its socket alone, wants its password, and shows both to nobody', async () => {
    const server = await start();
    expect(await ask(server, 'show listen_addresses')).toBe('');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600);
    const wrong = new pg.Client({ ...server.connection, password: 'guess' });
    await expect(wrong.connect()).rejects.toThrow('password authentication failed');
    const password = server.connection.password.reveal();
    expect(JSON.stringify(server.connection)).not.toContain(password);
    const arguments_ = await readFile(`/proc/${await postmasterPid()}/cmdline`, 'utf8');
    expect(arguments_).not.toContain(password);
  });

  it('leaves no process when it is stopped, and stopping twice is no matter', async () => {
    const server = await start();
    const pid = await postmasterPid();
    await server.stop();
    await server.stop();
    expect(await isRunning(pid)).toBe(false);
    expect(existsSync(join(folder, 'data', 'postmaster.pid'))).toBe(false);
  });

  it('refuses a second opener of the folder, with the first one’s process id', async () => {
    await start();
    await expect(start()).rejects.toThrow(`is in use by another Bellows (process ${process.pid})`);
  });

  it('gives a new folder to exactly one of several that start at the same time', async () => {
    const outcomes = await Promise.allSettled([start(), start(), start()]);
    const errors = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [String(outcome.reason)] : [],
    );
    expect(errors).toHaveLength(2);
    for (const error of errors) expect(error).toContain('in use by another Bellows');
  });

  it('is adopted, with its data, when its owner was killed', async () => {
    const owner = await startInAnotherProcess();
    await expect(start()).rejects.toThrow(`(process ${owner.pid})`);
    const pid = await postmasterPid();
    const ended = once(owner, 'exit');
    owner.kill('SIGKILL');
    await ended;
    const server = await start();
    expect(server.adopted).toBe(true);
    expect(await postmasterPid()).toBe(pid);
    expect(await ask(server, 'select 1')).toBe(1);
    await server.stop();
    expect(await isRunning(pid)).toBe(false);
  });

  it('recovers when the whole of it was killed, owner and server', async () => {
    const owner = await startInAnotherProcess();
    const ended = once(owner, 'exit');
    process.kill(await postmasterPid(), 'SIGKILL');
    owner.kill('SIGKILL');
    await ended;
    const server = await start();
    expect(await ask(server, 'select 1')).toBe(1);
  });

  it('starts the server again when it ends by itself', async () => {
    const server = await start();
    await ask(server, 'create table kept as select 42 as answer');
    const pid = await postmasterPid();
    process.kill(pid, 'SIGKILL');
    const answer = async (): Promise<unknown> =>
      ask(server, 'select answer from kept').catch(() => undefined);
    while ((await answer()) !== 42) await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toContain('the embedded PostgreSQL has ended; starting it again');
    expect(await postmasterPid()).not.toBe(pid);
  });

  it('works in a folder whose path is too long for a socket', async () => {
    const long = join(folder, 'x'.repeat(90), 'y'.repeat(60));
    await mkdir(join(folder, 'x'.repeat(90)), { recursive: true });
    const server = await start(long);
    expect(await ask(server, 'select 1')).toBe(1);
    await server.stop();
    expect(existsSync(server.connection.host)).toBe(false);
  });

  it('says what to do about data of another version', async () => {
    const server = await start();
    await server.stop();
    await writeFile(join(folder, 'data', 'PG_VERSION'), '15\n');
    await expect(start()).rejects.toThrow(/made by PostgreSQL 15, and this Bellows brings 18/);
  });

  it('says what to do about data that others may read', async () => {
    const server = await start();
    await server.stop();
    await chmod(join(folder, 'data'), 0o777);
    await expect(start()).rejects.toThrow(/Others may read the folder.*invalid permissions/s);
  });

  it('says what to do about a folder that is none', async () => {
    await writeFile(folder, '');
    await expect(start()).rejects.toThrow(/data folder .* cannot be used/);
  });
});

describe('the reason why PostgreSQL does not start', () => {
  it.each([
    ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'The disk is full'],
    ['initdb: error: could not create directory "/x/data": Permission denied', 'belong to another user'],
    ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'not enough free memory'],
  ])('%s', (said, advice) => {
    const error = explained('cannot start.', `LOG:  starting\n${said}\nLOG:  shut down`);
    expect(error.message).toContain(advice);
    expect(error.message).toContain(said);
  });
});

describe('as root', () => {
  const passwd =
    (...names: string[]) =>
    async (): Promise<string> =>
      [
        'root:x:0:0::/root:/bin/sh',
        ...names.map((name, i) => `${name}:x:${100 + i}:${200 + i}::/:/bin/sh`),
      ].join('\n');

  it('PostgreSQL runs as postgres, else as bellows', async () => {
    expect(await planUser(0, passwd('bellows', 'postgres'))).toEqual({
      kind: 'existing',
      user: { name: 'postgres', uid: 101, gid: 201 },
    });
    expect(await planUser(0, passwd('bellows'))).toMatchObject({ user: { name: 'bellows' } });
    expect(await planUser(1000, passwd())).toEqual({ kind: 'self' });
  });

  it('a user is made only when that is allowed, and it is said how', async () => {
    const plan = await planUser(0, passwd());
    expect(plan).toMatchObject({ kind: 'missing', name: 'bellows' });
    await expect(provideUser(plan, false)).rejects.toThrow(/Make one: useradd --system .* bellows;/);
  });

  it.runIf(process.getuid?.() === 0)('a folder that PostgreSQL’s user cannot reach is refused', async () => {
    await chmod(parent, 0o700);
    await expect(start()).rejects.toThrow(/cannot reach .*Choose a data folder such as/);
  });

  it('folders that it makes on the way can be passed through, and not looked into', async () => {
    await start(join(parent, 'deep', 'pg'));
    expect((await stat(join(parent, 'deep'))).mode & 0o777).toBe(0o711);
  });

  it.runIf(process.getuid?.() === 0)('the server is not', async () => {
    await start();
    const owner = execFileSync('ps', ['-o', 'user=', '-p', String(await postmasterPid())])
      .toString()
      .trim();
    expect(['postgres', 'bellows']).toContain(owner);
  });
});
