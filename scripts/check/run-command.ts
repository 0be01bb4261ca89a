import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

export interface Ended {
  /** 1 also when it could not be started or was killed. */
  readonly code: number;
  /** Standard output and error as they came; empty when they were shown. */
  readonly output: string;
  readonly seconds: number;
}

/** Runs a command of Node's or of an npm package to its end. */
export async function run(
  root: string,
  command: readonly string[],
  output: 'show' | 'collect',
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const [file = '', ...rest] = command;
  const path = `${join(import.meta.dirname, '../../node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`;
  const begun = performance.now();
  const child = spawn(file === 'node' ? process.execPath : file, rest, {
    cwd: root,
    env: { ...process.env, PATH: path, ...environment },
    stdio: output === 'show' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  let collected = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      collected += text;
    });
  }
  const code = await new Promise<number>((done) => {
    child.on('error', (error) => {
      collected += `${file}: ${error.message}\n`;
      done(1);
    });
    child.on('close', (status) => done(status ?? 1));
  });
  return { code, output: collected, seconds: (performance.now() - begun) / 1000 };
}
