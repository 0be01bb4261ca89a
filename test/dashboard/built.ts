import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/source-tree.ts';

/** Builds the dashboard as it is shipped, in a process of its own: the environment of a test would make another bundle. */
export async function buildForBrowser(): Promise<void> {
  const { NODE_ENV: _ofTheTest, ...env } = process.env;
  await promisify(execFile)(process.execPath, [join(root, 'scripts/build.ts'), 'dashboard'], {
    cwd: root,
    env,
  });
}
