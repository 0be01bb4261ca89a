// The generated blocks of the reference pages, by name: settings and commands as they are in the code.

import { Command as Commander } from 'commander';
import {
  agentSettings,
  clientSettings,
  imageSettings,
  serverSettings,
} from '../adapters/system/configuration.ts';
import { printSettings } from '../adapters/system/setting.ts';
import { printChecks } from '../agent/doctor/print-checks.ts';
import { printHelp } from '../cli/print-help.ts';
import * as agent from './agent.ts';
import { cliProgram, type ProgramName } from './cli-program.ts';
import * as doctor from './doctor.ts';
import * as image from './image.ts';
import * as server from './server.ts';

const programs: Readonly<Record<ProgramName, () => Commander>> = {
  server: server.command,
  agent: agent.command,
  doctor: doctor.command,
  image: image.command,
};

export const configurationBlocks: Readonly<Record<string, () => string>> = {
  'server-settings': () => printSettings(serverSettings),
  'agent-settings': () => printSettings(agentSettings),
  'client-settings': () => printSettings(clientSettings),
  'image-settings': () => printSettings(imageSettings),
};

export const cliBlocks: Readonly<Record<string, () => string>> = {
  commands: () => printHelp(whole()),
};

export const doctorBlocks: Readonly<Record<string, () => string>> = { checks: printChecks };

/** With the options that `cliProgram` leaves to the programs themselves. */
function whole(): Commander {
  const cli = cliProgram('', notRun, notRun);
  const program = new Commander(cli.name());
  for (const [name, command] of Object.entries(programs)) program.addCommand(command().name(name));
  for (const command of cli.commands)
    if (!Object.hasOwn(programs, command.name())) program.addCommand(command);
  return program;
}

const notRun = (): Promise<never> => Promise.reject(new Error('bug: a command was run for its help'));
