import { execFile } from 'node:child_process';
import type { Fact, ProgramOutput } from '../../../ports/host-facts.ts';

const timeoutMs = 10_000;
const maxBytes = 4 * 1024 ** 2;

/** Programs of the system are found also where an ordinary user's path does not lead. */
export function runProgram(program: string, args: readonly string[]): Promise<Fact<ProgramOutput>> {
  const { PATH = '/usr/bin:/bin' } = process.env;
  // What programs say is read by us, so it is to be in one language.
  const env = { ...process.env, PATH: `${PATH}:/usr/local/sbin:/usr/sbin:/sbin`, LC_ALL: 'C' };
  const options = { env, timeout: timeoutMs, maxBuffer: maxBytes, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    execFile(program, [...args], options, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (code === 'ENOENT') resolve({ kind: 'absent' });
      else if (code === 'EACCES') resolve({ kind: 'hidden', why: `no permission to run ${program}` });
      else if (error?.killed) resolve({ kind: 'hidden', why: `${program} does not come to an end` });
      else if (typeof code === 'string') resolve({ kind: 'hidden', why: `${program}: ${error?.message}` });
      else resolve({ kind: 'seen', value: { code: code ?? -1, out, err } });
    });
  });
}
