// A folder that apt takes for a source of packages: a guest without a network can install from it.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Makes packages that hold nothing but their name. The line for apt's sources.list: `deb [trusted=yes] file:FOLDER ./`. */
export async function emptyPackages(folder: string, names: readonly string[]): Promise<void> {
  const stanzas: string[] = [];
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    const tree = join(folder, `${name}.tree`);
    const control = [
      `Package: ${name}`,
      'Version: 1.0',
      'Architecture: all',
      'Maintainer: a test <test@localhost>',
      'Description: stands in for the package of that name',
    ].join('\n');
    await mkdir(join(tree, 'DEBIAN'), { recursive: true, mode: 0o755 });
    await writeFile(join(tree, 'DEBIAN/control'), `${control}\n`);
    const file = `${name}_1.0_all.deb`;
    await run('dpkg-deb', ['--root-owner-group', '--build', tree, join(folder, file)]);
    await rm(tree, { recursive: true });
    const content = await readFile(join(folder, file));
    const sha256 = createHash('sha256').update(content).digest('hex');
    stanzas.push(`${control}\nFilename: ./${file}\nSize: ${content.length}\nSHA256: ${sha256}\n`);
  }
  await writeFile(join(folder, 'Packages'), stanzas.join('\n'));
}
