// The agent's archive: what a host needs, with a Node of its own, laid out as the npm package is, under a manifest with the
// checksum of every file.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };
import {
  type AgentRelease,
  type ArchiveManifest,
  archiveFormat,
  archiveManifest,
  manifestName,
  releaseName,
} from '../../src/wire/agent-archive.ts';
import { bundle, presentEntries } from './bundle.ts';
import { type EntryName, entries } from './entries.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** No server: the agent's host has no use for fastify, octokit or a dashboard. */
const bundles: readonly EntryName[] = ['cli', 'agent', 'doctor', 'image', 'guest-agent', 'sim-runner'];
/** For `bellows image build`. */
const folders = ['images', 'guest/init'];

export interface BuiltArchive {
  /** Beside it lies the file that a download server gives away with it. */
  archive: string;
  release: AgentRelease;
}

/** @param out the folder to write into. @throws when Node for this processor is not among the npm packages. */
export async function agentArchive(
  out: string,
  version: string = packageJson.version,
): Promise<BuiltArchive> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  await mkdir(out, { recursive: true });
  const tree = await mkdtemp(join(out, '.agent-'));
  try {
    await fill(tree, arch, version);
    const manifest = await manifestOf(tree, version, arch);
    await writeFile(join(tree, manifestName), `${JSON.stringify(manifest, undefined, 1)}\n`);
    const name = `bellows-agent-${version}-linux-${arch}.tar.gz`;
    const archive = join(out, name);
    // The same content gives the same bytes: sorted, with no owners and no times.
    const plain = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
    await run('tar', ['-C', tree, ...plain, '--use-compress-program=gzip -n -6', '-cf', archive, '.']);
    const release = {
      format: archiveFormat,
      version,
      arch,
      archive: name,
      ...(await sizeAndDigest(archive)),
    } as const;
    await writeFile(join(out, releaseName(arch)), `${JSON.stringify(release, undefined, 2)}\n`);
    return { archive, release };
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

async function fill(tree: string, arch: string, version: string): Promise<void> {
  for (const name of presentEntries().filter((one) => bundles.includes(one)))
    await bundle(entries[name], tree);
  for (const folder of folders) await cp(join(root, folder), join(tree, folder), { recursive: true });
  const node = `node_modules/node-linux-${arch}/bin/node`;
  await mkdir(join(tree, dirname(node)), { recursive: true });
  await copyFile(join(root, node), join(tree, node));
  const launcher = await readFile(join(import.meta.dirname, 'agent-launcher.sh'), 'utf8');
  await mkdir(join(tree, 'bin'));
  await writeFile(join(tree, 'bin/bellows'), launcher.replace('ARCH', arch));
  for (const program of ['bin/bellows', node]) await chmod(join(tree, program), 0o755);
  await writeFile(
    join(tree, 'package.json'),
    `${JSON.stringify({ name: 'bellows', version, type: 'module' })}\n`,
  );
  await copyFile(join(root, 'LICENSE'), join(tree, 'LICENSE'));
}

async function manifestOf(tree: string, version: string, arch: 'x64' | 'arm64'): Promise<ArchiveManifest> {
  const found = await readdir(tree, { recursive: true, withFileTypes: true });
  const paths = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = await Promise.all(
    paths.sort().map(async (path) => ({
      path: path.slice(tree.length + 1),
      ...(await sizeAndDigest(path)),
      executable: ((await stat(path)).mode & 0o100) !== 0,
    })),
  );
  // A path that the installation would refuse is found here, not on somebody's host.
  return archiveManifest.parse({ format: archiveFormat, version, arch, files });
}

async function sizeAndDigest(path: string): Promise<{ bytes: number; sha256: string }> {
  const content = await readFile(path);
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
