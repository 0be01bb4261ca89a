// Installs the npm packages when those in node_modules are not those of package-lock.json. npm leaves a list of what it
// installed in node_modules/.package-lock.json, written last; comparing the two needs no stamp of our own, and notices
// a changed lock, a half-finished install and a removed folder alike.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suppliedNode } from './node.mjs';
import { say, step } from './progress.mjs';

/** Leaves `root`/node_modules as package-lock.json wants it. Quick when it is so already. */
export async function installDependencies(root) {
  if (missingPackages(root).length === 0) return;
  await withLock(root, async () => {
    if (missingPackages(root).length === 0) return;
    await step('Installing the npm packages (once; takes about a minute)', async () => {
      await npmCi(root, process.execPath);
      // An old Node's npm leaves out optional packages that ask for a newer one. The new Node does not.
      const node = suppliedNode(root);
      if (node !== undefined && missingPackages(root, { optionalToo: true }).length > 0)
        await npmCi(root, node);
    });
    const missing = missingPackages(root);
    if (missing.length > 0)
      throw new Error(`npm ci ended well, but these are missing: ${missing.join(', ')}`);
  });
}

/** The packages of the lock that this machine should have and has not, or not in the version that the lock names. */
export function missingPackages(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'));
  return Object.entries(wanted)
    .filter(([path, entry]) => {
      if (path === '' || !fitsThisMachine(entry)) return false;
      const found = installed[path];
      if (found === undefined) return !isOptional(entry) || isForOneSystem(entry);
      return found.version !== entry.version || found.integrity !== entry.integrity;
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return {};
    throw error;
  }
}

function isOptional({ optional, devOptional }) {
  return optional === true || devOptional === true;
}

/** A native part, as esbuild's or Node's own. Optional packages that name no system belong to parts for others. */
function isForOneSystem({ os, cpu }) {
  return os !== undefined || cpu !== undefined;
}

function fitsThisMachine({ os, cpu, libc }) {
  const fits = (wanted, mine) => wanted === undefined || [wanted].flat().includes(mine());
  return fits(os, () => process.platform) && fits(cpu, () => process.arch) && fits(libc, cLibrary);
}

let knownLibrary;

function cLibrary() {
  // The report takes milliseconds, and with its network part it would look up names.
  if (process.report !== undefined) process.report.excludeNetwork = true;
  knownLibrary ??= process.report?.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  return knownLibrary;
}

/** The npm that runs us, under the given Node; else the one on the path. */
function npmCommand(node) {
  const npm = process.env.npm_execpath;
  return npm !== undefined && basename(npm).startsWith('npm') ? [node, [npm]] : ['npm', []];
}

function npmCi(root, node) {
  const [file, before] = npmCommand(node);
  const flags = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const child = spawn(file, [...before, ...flags], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      output += text;
    });
  }
  return new Promise((done, failed) => {
    child.on('error', (cause) => failed(new Error('cannot start npm', { cause })));
    child.on('exit', (code) =>
      code === 0 ? done() : failed(new Error(`npm ci failed (${code}):\n${output}`)),
    );
  });
}

/** Two commands on a fresh clone must not install into one folder at once: `npm ci` begins by removing it. */
async function withLock(root, work) {
  const lock = join(
    tmpdir(),
    `bellows-install-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`,
  );
  let told = false;
  while (!takeLock(lock)) {
    if (!told) say('Waiting for another command that installs the npm packages ...');
    told = true;
    await new Promise((done) => setTimeout(done, 500));
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!holderLives(lock)) rmSync(lock, { force: true });
  return false;
}

function holderLives(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // it lives, and is another user's
  }
}
