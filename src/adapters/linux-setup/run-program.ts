import { spawn } from 'node:child_process';
import { SetupError } from '../../ports/host-setup.ts';

export interface ProgramOptions {
  /** Called with each line while it runs; for programs that people wait for. */
  onLine?: (line: string) => void;
  input?: string;
}

/** Runs a program of the host and gives its standard output. @throws SetupError unless it ends with 0. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options?: ProgramOptions,
) => Promise<string>;

export const runProgram: RunProgram = (program, args, { onLine, input = '' } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: {
        PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`,
        LC_ALL: 'C.UTF-8',
        // No package asks a question where nobody sits.
        DEBIAN_FRONTEND: 'noninteractive',
      },
      stdio: 'pipe',
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      for (const line of chunk.toString().split('\n')) if (line.trim() !== '') onLine?.(line);
    });
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (cause) =>
      reject(new SetupError(`cannot run ${program}: ${cause.message}`, { cause })),
    );
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const said = Buffer.concat([...err, ...out])
        .toString()
        .trim()
        .split('\n')
        .slice(-12)
        .join('\n');
      reject(
        new SetupError(`${program} ${args.join(' ')} ended with ${code ?? signal}: ${said || 'no word'}`),
      );
    });
    // A program that ends before it has read everything tells why by itself.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
