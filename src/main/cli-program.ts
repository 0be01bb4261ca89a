// The `bellows` command. What asks a control plane is part of it; the programs that run for long lie in files of their own
// beside it, so that this one stays small and the agent's server carries no control plane.

import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command as Commander } from 'commander';
import type { Run } from '../cli/outcome.ts';
import { addClientCommands } from '../cli/program.ts';

/** Each is the file `NAME` beside this one, which exports `main(args)`; `args` are those after the name. */
export const programs = {
  server: 'Run the control plane',
  agent: 'Run VMs on this host for a control plane',
  doctor: 'Say what is wrong with this host and what mends it',
  image: 'Build and list the images that VMs start from',
} as const;

export type ProgramName = keyof typeof programs;
/** What such a file exports. It sets the exit code by itself. */
export interface ProgramFile {
  main(args: readonly string[]): Promise<void>;
}

const helpWidth = 100;

/** @param start runs one of `programs` with the arguments after its name. */
export function cliProgram(
  version: string,
  run: Run,
  start: (name: ProgramName, args: readonly string[]) => Promise<void>,
): Commander {
  const program = new Commander('bellows')
    .description('Every GitHub Actions job in a single-use microVM, on your own servers')
    .version(version)
    .option('--token-file <path>', 'file with a token to call with; BELLOWS_TOKEN_FILE when left out')
    // What stands after a command is the command's own: `bellows agent install` has a `--token-file` too.
    .enablePositionalOptions();
  for (const name of Object.keys(programs) as ProgramName[]) {
    const command = new Commander(name).description(programs[name]);
    // Its options, `--help` too, are its own.
    command.helpOption(false).allowUnknownOption().argument('[options...]');
    program.addCommand(command.action((args: string[]) => start(name, args)));
  }
  addClientCommands(program, run);
  program.addHelpText('after', '\nSettings come from environment variables: see docs/configuration.md');
  setWidth(program);
  return program;
}

/** The help reads the same in every terminal, and in the documentation. */
function setWidth(command: Commander): void {
  command.configureOutput({ getOutHelpWidth: () => helpWidth, getErrHelpWidth: () => helpWidth });
  for (const below of command.commands) setWidth(below);
}

/** A bundle's neighbours are bundles, a source's neighbours sources. */
export function programPath(name: ProgramName): string {
  return fileURLToPath(new URL(`./${name}${extname(import.meta.filename)}`, import.meta.url));
}
