// The generated blocks of the reference pages, by name: settings and commands as they are in the code.

import {
  agentSettings,
  clientSettings,
  imageSettings,
  serverSettings,
} from '../adapters/system/configuration.ts';
import { printSettings } from '../adapters/system/setting.ts';
import { printChecks } from '../agent/doctor/print-checks.ts';
import { printHelp } from '../cli/print-help.ts';
import { cliProgram, programs } from './cli-program.ts';

export const configurationBlocks: Readonly<Record<string, () => string>> = {
  'server-settings': () => printSettings(serverSettings),
  'agent-settings': () => printSettings(agentSettings),
  'client-settings': () => printSettings(clientSettings),
  'image-settings': () => printSettings(imageSettings),
};

export const cliBlocks: Readonly<Record<string, () => string>> = {
  commands: () => printHelp(cliProgram('', notRun, notRun), Object.keys(programs)),
};

export const doctorBlocks: Readonly<Record<string, () => string>> = { checks: printChecks };

const notRun = (): Promise<never> => Promise.reject(new Error('bug: a command was run for its help'));
