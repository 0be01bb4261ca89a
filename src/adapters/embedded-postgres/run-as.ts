import { spawn } from 'node:child_process';

/** A user of the system to run commands as; undefined stands for our own. */
export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

export interface CommandResult {
  code: number;
  /** Standard output and standard error, as they came. */
  output: string;
}

/**
 * Runs a command to its end. Its environment is empty but for what PostgreSQL needs: ours may hold secrets.
 * @throws Error when it cannot be started at all.
 */
export async function runAs(
  user: SystemUser | undefined,
  command: string,
  args: readonly string[],
  cwd = '/',
): Promise<CommandResult> {
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const child = spawn(command, [...args], {
    ...identity,
    cwd,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => void chunks.push(chunk));
  }
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('error', (cause) => reject(new Error(`cannot run ${command}: ${cause.message}`, { cause })));
  child.on('close', (code) => resolve(code ?? 1));
  const code = await promise;
  return { code, output: chunks.join('') };
}
