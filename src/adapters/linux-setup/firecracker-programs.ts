// Firecracker and its jailer, out of the archive that their project publishes, believed by the checksum beside it.

import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FirecrackerSource, SetupError } from '../../ports/host-setup.ts';
import { digestOf, download, get } from './downloads.ts';
import type { RunProgram } from './run-program.ts';

/** The release that the driver is written for. */
export const firecrackerVersion = 'v1.16.1';
/** Where the project publishes (firecracker/docs/getting-started.md). */
const releases = 'https://github.com/firecracker-microvm/firecracker/releases/download';

const programs = ['firecracker', 'jailer'] as const;
/** Of the archive that lies here, so that a second run sees that it is the same. */
const markName = 'archive.sha256';
const mend =
  'give --firecracker the archive of a release that lies on this host, with its .sha256.txt beside it';

/**
 * Puts both programs into `folder`, in place of others. Processes that run from the old ones go on.
 * @returns the release, and false when the same one lay there.
 * @throws SetupError when one byte is not as the checksum says.
 */
export async function placeFirecracker(
  source: FirecrackerSource | undefined,
  folder: string,
  run: RunProgram,
): Promise<{ version: string; placed: boolean }> {
  const there = await markedIn(folder);
  if (source === undefined && there !== undefined) return { version: there.version, placed: false };
  await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
  // Where versions are kept, what begins so is swept away when a run was cut short.
  const coming = await mkdtemp(join(dirname(folder), '.coming-firecracker-'));
  try {
    const { archive, sha256 } = await fetched(source ?? published(), coming);
    if (there?.sha256 === sha256) return { version: there.version, placed: false };
    const version = await unpackInto(join(coming, 'new'), archive, run);
    await writeFile(join(coming, 'new', markName), `${sha256} ${version}\n`);
    const old = join(coming, 'old');
    await rename(folder, old).catch(unlessMissing);
    await rename(join(coming, 'new'), folder);
    return { version, placed: true };
  } finally {
    await rm(coming, { recursive: true, force: true });
  }
}

const machine = (): string => (process.arch === 'arm64' ? 'aarch64' : 'x86_64');

function published(): FirecrackerSource {
  const name = `firecracker-${firecrackerVersion}-${machine()}.tgz`;
  return { kind: 'downloads', url: `${releases}/${firecrackerVersion}/${name}` };
}

async function markedIn(folder: string): Promise<{ sha256: string; version: string } | undefined> {
  const text = await readFile(join(folder, markName), 'utf8').catch(() => '');
  const [, sha256, version] = /^([0-9a-f]{64}) (\S+)$/m.exec(text) ?? [];
  return sha256 === undefined || version === undefined ? undefined : { sha256, version };
}

/** The archive on this host, compared with its checksum. */
async function fetched(
  source: FirecrackerSource,
  coming: string,
): Promise<{ archive: string; sha256: string }> {
  const [place, archive] =
    source.kind === 'archive' ? [source.path, source.path] : [source.url, join(coming, 'archive.tgz')];
  const checksum =
    source.kind === 'archive'
      ? await readFile(`${place}.sha256.txt`, 'utf8').catch((cause: unknown) => {
          throw new SetupError(`${place}.sha256.txt cannot be read: ${mend}`, { cause });
        })
      : await (await get(`${place}.sha256.txt`, mend)).text();
  const [, sha256] = /^([0-9a-f]{64})\b/.exec(checksum.trim()) ?? [];
  if (sha256 === undefined) throw new SetupError(`${place}.sha256.txt holds no SHA-256: ${mend}`);
  if (source.kind === 'downloads') await download(place, archive, mend);
  const got = await digestOf(archive).catch((cause: unknown) => {
    throw new SetupError(`there is no archive ${archive}`, { cause });
  });
  if (got !== sha256)
    throw new SetupError(`${place} does not have the checksum that ${basename(place)}.sha256.txt names`);
  return { archive, sha256 };
}

/** `release-v1.16.1-x86_64/firecracker-v1.16.1-x86_64` and so on; builds for debugging lie beside them. */
async function unpackInto(folder: string, archive: string, run: RunProgram): Promise<string> {
  const tree = `${folder}-tree`;
  for (const one of [folder, tree]) await mkdir(one, { mode: 0o755 });
  await run('tar', ['-xzf', archive, '-C', tree, '--no-same-owner', '--no-same-permissions']);
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const versions = new Set<string>();
  for (const program of programs) {
    const name = new RegExp(`^${program}-(v\\d+\\.\\d+\\.\\d+)-${machine()}$`);
    const found = entries.filter((entry) => entry.isFile() && name.test(entry.name));
    const [entry] = found;
    if (entry === undefined || found.length !== 1)
      throw new SetupError(`there is no ${program} for ${machine()} in ${archive}: ${mend}`);
    versions.add(name.exec(entry.name)?.[1] ?? '');
    await rename(join(entry.parentPath, entry.name), join(folder, program));
    await chmod(join(folder, program), 0o755);
  }
  const [version = '', ...others] = versions;
  if (others.length > 0)
    throw new SetupError(`Firecracker and its jailer are of two releases in ${archive}: ${mend}`);
  const said = await run(join(folder, 'firecracker'), ['--version']);
  if (!said.includes(version))
    throw new SetupError(`the program that is named ${version} says "${said.split('\n')[0]}": ${mend}`);
  return version;
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
