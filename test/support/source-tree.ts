// The project's own files, as the rule tests see them: what git tracks or would track, with its text.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Path from the repository's root, with `/`, to the file's text. A rule takes one, so that a test can plant a violation. */
export type SourceTree = ReadonlyMap<string, string>;

export const root = resolve(import.meta.dirname, '../..');

const ignoredFolders = new Set([
  'node_modules',
  '.git',
  'dist',
  'coverage',
  'reports',
  '.stryker-tmp',
  '.bellows',
  'screenshots',
]);

/** All paths of the project, text or not. Files that git ignores are left out, also where there is no git. */
export function projectPaths(): string[] {
  return (listedByGit() ?? listedByWalking('')).filter((path) => existsSync(join(root, path))).sort();
}

/** The text files of the project, less the lock file. */
export function readProject(): SourceTree {
  const files = projectPaths().filter(
    (path) => path !== 'package-lock.json' && statSync(join(root, path)).isFile(),
  );
  const contents = files.map((path): [string, Buffer] => [path, readFileSync(join(root, path))]);
  const texts = contents.filter(([, content]) => !content.includes(0));
  return new Map(texts.map(([path, content]) => [path, content.toString('utf8')]));
}

/** The files with code in them that the compiler reads. */
export function typescriptFiles(tree: SourceTree): [string, string][] {
  return [...tree].filter(([path]) => /\.(ts|tsx|mts)$/.test(path) && !path.endsWith('.d.ts'));
}

/** Tests and what only tests use: `x.test.ts`, `x.fixture.ts` beside the code, all of `test/`. */
export function isTest(path: string): boolean {
  return /\.(test|fixture)\.tsx?$/.test(path) || path.startsWith('test/');
}

function listedByGit(): string[] | undefined {
  if (!existsSync(join(root, '.git'))) return undefined;
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(listed.split('\0').filter((path) => path !== ''))];
}

function listedByWalking(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : listedByWalking(path);
    return [path];
  });
}
