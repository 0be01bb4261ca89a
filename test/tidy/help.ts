// Every command explains itself.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from '../support/source-tree.ts';

/** A program and the arguments before `--help`. */
export type Command = readonly [string, ...string[]];

/** The commands of this project that stand in a file of their own. */
export function scriptCommands(paths: readonly string[]): Command[] {
  return paths.flatMap((path): Command[] => {
    if (/^scripts\/[^/]+\.(ts|mjs)$/.test(path) && !path.includes('.test.'))
      return [[process.execPath, path]];
    if (/^scripts\/[^/]+\.sh$/.test(path)) return [['sh', path]];
    if (path === '.ci/run') return [['bash', path]];
    return /^((demo|bench)\/main|src\/main\/cli)\.ts$/.test(path) ? [[process.execPath, path]] : [];
  });
}

/** The names under "Commands:" in a help text of commander's making. */
export function subcommands(help: string): string[] {
  const section = help.split(/^Commands:$/m)[1] ?? '';
  return [...section.matchAll(/^ {2}([a-z][\w-]*)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');
}

/** What the command says to `--help`. Throws when it ends with another code than 0, or says nothing. */
export async function helpOf([file, ...before]: Command): Promise<string> {
  const { stdout } = await promisify(execFile)(file, [...before, '--help'], { cwd: root, timeout: 60_000 });
  if (stdout.trim().length < 20) throw new Error(`${before.join(' ')} --help says nothing`);
  return stdout;
}

/** The help of a command and of all below it; what went wrong, as text. */
export async function silentCommands(command: Command): Promise<string[]> {
  try {
    const names = subcommands(await helpOf(command));
    const below: string[][] = [];
    // One after the other: forty programs at once keep each other from answering in time.
    for (const name of names) below.push(await silentCommands([...command, name]));
    return below.flat();
  } catch (error) {
    return [`${command.slice(1).join(' ')} --help: ${String(error)}`];
  }
}
