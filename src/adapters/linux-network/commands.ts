import { spawn } from 'node:child_process';
import { NetworkError } from '../../ports/host-network.ts';

/**
 * Runs a program of the host and gives its standard output.
 * @throws CommandError when it ends with anything but 0, or cannot be started.
 */
export type Commands = (program: string, args: readonly string[], input?: string) => Promise<string>;

export class CommandError extends NetworkError {
  /** Undefined when the program could not be started. */
  readonly code: number | undefined;
  readonly said: string;

  constructor(command: string, code: number | undefined, said: string, options?: ErrorOptions) {
    super(`${command}: ${said}`, options);
    this.code = code;
    this.said = said;
  }
}

const packages: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  sysctl: 'procps',
  iptables: 'iptables',
};

/** The host's own programs; `before` is put in front of each, for a test in a network namespace. */
export function hostCommands(before: readonly string[] = []): Commands {
  return (program, args, input = '') => {
    const [first = program, ...rest] = [...before, program, ...args];
    const path = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
    return new Promise((resolve, reject) => {
      const child = spawn(first, rest, { env: { PATH: path, LC_ALL: 'C' }, stdio: 'pipe' });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('error', (cause) => {
        const remedy = `is it installed? apt-get install ${packages[program] ?? program}`;
        reject(new CommandError(program, undefined, `cannot be started; ${remedy}`, { cause }));
      });
      child.on('close', (code) => {
        if (code === 0) return resolve(Buffer.concat(out).toString());
        const said = Buffer.concat(err).toString().trim() || `exit code ${code}`;
        const denied = /Operation not permitted/.test(said) ? ' (the agent must run as root)' : '';
        reject(new CommandError(`${program} ${args.join(' ')}`, code ?? -1, `${said}${denied}`));
      });
      // A program that ends before it has read everything tells why by itself.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });
  };
}

/** The objects in the array that `ip -j` prints. */
export function jsonRecords(text: string): Record<string, unknown>[] {
  const value: unknown = text.trim() === '' ? [] : JSON.parse(text);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
