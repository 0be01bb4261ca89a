// The agent's archive: fetched, unpacked, and believed only file by file.

import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ArchiveSource, SetupError, type UnpackedArchive } from '../../ports/host-setup.ts';
import {
  type AgentRelease,
  type ArchiveManifest,
  agentRelease,
  archiveManifest,
  manifestName,
  releaseName,
} from '../../wire/agent-archive.ts';
import { digestOf, download, get } from './downloads.ts';
import type { RunProgram } from './run-program.ts';

/** What has no name yet; nothing of it is worth keeping after a crash. */
const comingPrefix = '.coming-';

const mend = 'give --downloads another address, or --offline an archive';

/** Into a new folder below `versions`, unless it is there already. @throws SetupError when one byte is not as the manifest says. */
export async function unpack(
  source: ArchiveSource,
  versions: string,
  run: RunProgram,
): Promise<UnpackedArchive> {
  // The installed version itself, asked to look after itself: nothing is copied.
  if (source.kind === 'folder' && dirname(source.path) === versions) return unpackedAt(source.path);
  await mkdir(versions, { recursive: true, mode: 0o755 });
  const folder = await mkdtemp(join(versions, comingPrefix));
  try {
    if (source.kind === 'folder') await copy(source.path, folder);
    else await unpackFile(source, folder, run);
    return await unpackedAt(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function unpackedAt(folder: string): Promise<UnpackedArchive> {
  const { version, arch } = await verified(folder);
  return { folder, version, arch };
}

/** False when the same files lie there already. */
export async function placeVersion({ folder, version }: UnpackedArchive, versions: string): Promise<boolean> {
  const target = join(versions, version);
  if (folder === target) return false;
  const there = await verified(target).catch(() => undefined);
  if (there !== undefined && (await sameManifest(folder, target))) {
    await rm(folder, { recursive: true });
    return false;
  }
  const old = `${folder}-old`;
  // Two renames: a process that runs from the old folder keeps its files open.
  await rename(target, old).catch(unlessMissing);
  await rename(folder, target);
  await rm(old, { recursive: true, force: true });
  return true;
}

export async function keepVersions(names: readonly string[], versions: string): Promise<void> {
  for (const entry of await readdir(versions, { withFileTypes: true })) {
    const isOurs = entry.isDirectory() || entry.name.startsWith(comingPrefix);
    if (isOurs && !names.includes(entry.name))
      await rm(join(versions, entry.name), { recursive: true, force: true });
  }
}

/**
 * Compares a folder with its own manifest, file by file, and sets the modes. A file that the manifest does not name, or that
 * is no plain file, is as wrong as one that is missing.
 */
async function verified(folder: string): Promise<ArchiveManifest> {
  const manifest = await readManifest(folder);
  const wrong = (path: string, why: string): SetupError =>
    new SetupError(`${path} ${why}: the archive is damaged or was changed; get it again`);
  const expected = new Map(manifest.files.map((file) => [file.path, file]));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (name !== manifestName && !(entry.isFile() && expected.has(name)))
      throw wrong(name, 'is not in the manifest');
  }
  await chmod(folder, 0o755);
  for (const { path, bytes, sha256, executable } of manifest.files) {
    const file = join(folder, path);
    const size = await stat(file).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) throw wrong(path, 'is missing');
    if (size !== bytes || (await digestOf(file)) !== sha256)
      throw wrong(path, 'is not what the manifest says');
    await chmod(file, executable ? 0o755 : 0o644);
  }
  return manifest;
}

async function readManifest(folder: string): Promise<ArchiveManifest> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new SetupError(`there is no ${manifestName}: this is no archive of the agent`);
  const manifest = archiveManifest.safeParse(parsed(text));
  if (manifest.success) return manifest.data;
  throw new SetupError(
    `${manifestName} cannot be read: the archive is of another version of Bellows, or damaged`,
  );
}

async function copy(from: string, to: string): Promise<void> {
  const manifest = await readManifest(from);
  for (const path of [manifestName, ...manifest.files.map((file) => file.path)]) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await cp(join(from, path), join(to, path)).catch((cause: unknown) => {
      throw new SetupError(`${join(from, path)} cannot be copied: unpack the archive again`, { cause });
    });
  }
}

async function unpackFile(
  source: Exclude<ArchiveSource, { kind: 'folder' }>,
  folder: string,
  run: RunProgram,
): Promise<void> {
  const fetched = `${folder}-archive`;
  try {
    if (source.kind === 'downloads') await fetchArchive(source.url, fetched);
    const archive = source.kind === 'archive' ? source.path : fetched;
    await stat(archive).catch((cause: unknown) => {
      throw new SetupError(`there is no archive ${archive}`, { cause });
    });
    await run('tar', ['-xzf', archive, '-C', folder, '--no-same-owner', '--no-same-permissions']);
  } finally {
    await rm(fetched, { force: true });
  }
}

async function fetchArchive(url: string, target: string): Promise<void> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  const release = await releaseAt(`${url}/${releaseName(arch)}`);
  const archive = `${url}/${release.archive}`;
  await download(archive, target, mend);
  if ((await digestOf(target)) !== release.sha256)
    throw new SetupError(
      `${archive} does not have the checksum that ${releaseName(arch)} names: get it again`,
    );
}

async function releaseAt(url: string): Promise<AgentRelease> {
  const release = agentRelease.safeParse(parsed(await (await get(url, mend)).text()));
  if (release.success) return release.data;
  throw new SetupError(`${url} does not describe an archive of the agent`);
}

async function sameManifest(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [one, other].map((folder) => readFile(join(folder, manifestName), 'utf8')),
  );
  return a === b;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON fits no schema, and that is told.
    return undefined;
  }
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
