// The stand-in for the program `firecracker`: the same arguments, the same sockets, the same ends.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LossyOutput } from './output.ts';
import { type Faults, isAtLeast, releases, type StandInSettings } from './settings.ts';
import { limits } from './state-rules.ts';

/** src/vmm/src/lib.rs: FcExitCode. */
const codes = { ok: 0, generic: 1, badArguments: 153 } as const;

export async function main(settings: StandInSettings): Promise<void> {
  const version = releases[settings.release];
  if (process.argv.includes('--version')) {
    process.stdout.write(`Firecracker v${version}\n\n`);
    return;
  }
  const given = argumentsOf(settings);
  if (typeof given === 'string') {
    process.stderr.write(`Arguments parsing error: ${given}\n`);
    process.exit(codes.badArguments);
  }
  const faults: Faults = JSON.parse(readFileSync(settings.faults, 'utf8'));
  const output = new LossyOutput(given.logPath === undefined ? 1 : `.${given.logPath}`);
  const log = (line: string, level = 'INFO'): void =>
    output.write(`${new Date().toISOString()} [${given.id}:main:${level}] ${line}\n`);
  log(`Running Firecracker v${version}`);
  const exit = (code: number): never => {
    if (code === codes.ok) log('Firecracker exiting successfully. exit_code=0');
    else log(`Firecracker exiting with error. exit_code=${code}`, 'ERROR');
    process.exit(code);
  };
  const die = (how: number | NodeJS.Signals): void => {
    if (typeof how === 'number') exit(how);
    else process.kill(process.pid, how);
  };
  // Reading code takes a moment that the real one does not need: the others are loaded last.
  const [{ Machine }, { serveApi }] = await Promise.all([import('./machine.ts'), import('./api-server.ts')]);
  const end = (): never => exit(codes.ok);
  const machine = new Machine({ release: settings.release, pci: given.pci, faults, end });
  if (faults.neverListens === true) {
    setInterval(() => undefined, 1000);
    return;
  }
  const description = JSON.parse(readFileSync(settings.description, 'utf8'));
  try {
    await serveApi(`.${given.apiSocket}`, { description, machine, faults, version, id: given.id, log, die });
  } catch (error) {
    log(
      `RunWithApiError error: Failed to open the API socket at: ${given.apiSocket}. ${String(error)}`,
      'ERROR',
    );
    exit(codes.generic);
  }
}

interface Arguments {
  id: string;
  apiSocket: string;
  logPath: string | undefined;
  pci: boolean;
}

/** The arguments, or what is wrong with them. */
function argumentsOf({ release }: StandInSettings): Arguments | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      options: {
        ...{ id: text, 'api-sock': text, 'log-path': text, level: text, 'show-level': flag },
        ...{ 'start-time-us': text, 'start-time-cpu-us': text, 'parent-cpu-time-us': text },
        ...(isAtLeast(release, '1.13') ? { 'enable-pci': flag } : {}),
      },
    });
    const { id = 'anonymous-instance' } = values;
    if (!limits.instanceId.test(String(id))) return `Invalid instance ID: ${String(id)}`;
    return {
      id: String(id),
      apiSocket: String(values['api-sock'] ?? '/run/firecracker.socket'),
      logPath: values['log-path'] === undefined ? undefined : String(values['log-path']),
      pci: Reflect.get(values, 'enable-pci') === true,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
