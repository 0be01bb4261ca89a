// The image build's hands: programs and files of this host.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Command, CommandError, type ImageWorkshop } from '../../ports/image-workshop.ts';

/** @param cacheFolder for work folders too, so that finished files can be moved instead of copied. */
export function hostWorkshop(cacheFolder: string): ImageWorkshop {
  const rootless = process.getuid?.() !== 0;
  return {
    rootless,
    cacheFolder,
    missing: async (programs) => {
      const found = await Promise.all(programs.map(isProgram));
      return programs.filter((_, index) => found[index] !== true);
    },
    host: readHost,
    run: (command) => run(rootless && command.asOwner === true ? inNamespace(command) : command),
    newFolder: async () => {
      await mkdir(cacheFolder, { recursive: true });
      await removeOrphans(cacheFolder, rootless);
      return mkdtemp(join(cacheFolder, `work-${process.pid}-`));
    },
    remove: (path) => remove(path, rootless),
    read: (path) => readFile(path),
    write: async (path, content) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
    exists: isThere,
    names: async (folder) => (await readdir(folder)).sort(),
    place: async (from, to) => {
      await mkdir(dirname(to), { recursive: true });
      await rename(from, to);
    },
    forgetOld: (prefix, kept) => forgetOld(cacheFolder, prefix, kept),
    digest,
  };
}

/** As root of a user namespace that holds the ids of /etc/subuid and /etc/subgid (util-linux 2.38, unshare(1)). */
function inNamespace(command: Command): Command {
  const namespace = ['--map-root-user', '--map-auto', '--mount', '--'];
  return { ...command, program: 'unshare', args: [...namespace, command.program, ...command.args] };
}

/** Debian keeps `mkfs.erofs` and its like in folders that are not on an ordinary user's path. */
function searchPath(): string {
  return `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
}

async function isProgram(name: string): Promise<boolean> {
  const found = await Promise.all(
    searchPath()
      .split(':')
      .map((folder) => isThere(join(folder, name))),
  );
  return found.includes(true);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function run({ program, args, onLine, signal, timeoutMs }: Command): Promise<void> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: searchPath(), LC_ALL: 'C.UTF-8' },
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  const lastLines: string[] = [];
  const heard = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
      onLine?.(line);
    }
  });
  const how = await ended(child, program);
  await Promise.all(heard);
  if (how !== undefined) throw new CommandError(`${program} ${how}:\n${lastLines.join('\n')}`);
}

/** Undefined when it ended well. */
async function ended(child: ChildProcess, program: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new CommandError(`cannot run ${program}: ${cause.message}`, { cause })),
    );
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : signal === null ? `ended with ${code}` : `was ended by ${signal}`),
    );
  });
}

const aDayMs = 24 * 3_600_000;

async function forgetOld(cacheFolder: string, prefix: string, kept: string): Promise<void> {
  for (const name of (await readdir(cacheFolder)).filter((one) => one.startsWith(prefix))) {
    const path = join(cacheFolder, name);
    if (path === kept) continue;
    const { atimeMs, mtimeMs } = await stat(path);
    if (Date.now() - Math.max(atimeMs, mtimeMs) >= aDayMs) await rm(path, { force: true });
  }
}

/** A build that was killed leaves up to two gigabytes: the folder's name says whose they were. */
async function removeOrphans(cacheFolder: string, rootless: boolean): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    const pid = /^work-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !(await isThere(`/proc/${pid}`)))
      await remove(join(cacheFolder, name), rootless);
  }
}

/** What a namespace's root made belongs to ids that only such a namespace may remove. */
async function remove(path: string, rootless: boolean): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!rootless) throw error;
    await run(inNamespace({ program: 'rm', args: ['-rf', path] }));
  }
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  if ((await stat(path)).isDirectory()) {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) {
      const { mode } = await stat(file);
      hash.update(`${file.slice(path.length)} ${mode.toString(8)} ${await digest(file)}\n`);
    }
  } else {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  }
  return hash.digest('hex');
}

async function readHost(): ReturnType<ImageWorkshop['host']> {
  const release = new Map(
    (await readFile('/etc/os-release', 'utf8').catch(() => '')).split('\n').map((line): [string, string] => {
      const [key = '', value = ''] = line.split('=');
      return [key, value.replace(/^"|"$/g, '')];
    }),
  );
  const folder = '/etc/apt/sources.list.d';
  const names = (await readdir(folder).catch(() => []))
    .filter((name) => /\.(list|sources)$/.test(name))
    .sort();
  const paths = ['/etc/apt/sources.list', ...names.map((name) => join(folder, name))];
  const contents = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
  return {
    distribution: release.get('ID') ?? 'unknown',
    codename: release.get('VERSION_CODENAME') ?? 'unknown',
    aptSources: paths.map((path, index) => ({ path, content: contents[index] ?? '' })),
  };
}
