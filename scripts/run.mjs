#!/usr/bin/env node
// Every `npm run` command of this project begins here: it installs what is missing, finds Node 24, and runs the command
// under it. Plain JavaScript with nothing from npm, since on a fresh clone there is only the machine's own Node (18 or newer).

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './setup/dependencies.mjs';
import { findNode } from './setup/node.mjs';
import { provideSystemPackages } from './setup/system-packages.mjs';

const help = `Usage: node scripts/run.mjs [--with vm|tests] COMMAND [ARGUMENT...]

Installs the npm packages if they do not match package-lock.json, finds Node 24 or newer, and runs COMMAND under it:
a .ts or .mjs file, or a command of an npm package (tsc, biome, ...). Without COMMAND it only installs.

  --with vm      also install the Debian packages that microVMs need; stops if they cannot be had
  --with tests   the same and a PostgreSQL server; goes on without them, and the tests that need them are skipped
  --help         this text
`;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

function readArguments(all) {
  const rest = [...all];
  const options = { help: false, packages: undefined };
  while (rest[0]?.startsWith('-')) {
    const option = rest.shift();
    if (option === '--help' || option === '-h') options.help = true;
    else if (option === '--with' && (rest[0] === 'vm' || rest[0] === 'tests'))
      options.packages = rest.shift();
    else throw new Error(`unknown option ${option}; see node scripts/run.mjs --help`);
  }
  return { ...options, command: rest[0], commandArguments: rest.slice(1) };
}

/** A command that only explains itself, or starts no VMs, needs no packages for them. */
function needsNoPackages(commandArguments) {
  const text = ` ${commandArguments.join(' ')} `;
  return / (--help|-h) /.test(text) || / --driver[ =]sim /.test(text);
}

function commandLine(node, command, commandArguments) {
  if (/\.(ts|mjs|js)$/.test(command)) return [node, [join(root, command), ...commandArguments]];
  const binary = join(root, 'node_modules/.bin', command);
  if (!existsSync(binary)) throw new Error(`${command} is neither a script nor a command of an npm package`);
  return [binary, commandArguments];
}

/** At a terminal, Ctrl-C reaches the command by itself; a second signal from here would look like a second Ctrl-C. */
function hasTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false; // ENXIO: this process has no terminal
  }
}

function runToEnd(file, fileArguments) {
  const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`;
  const child = spawn(file, fileArguments, { stdio: 'inherit', env: { ...process.env, PATH: path } });
  const terminal = hasTerminal();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !terminal) child.kill(signal);
    });
  }
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('exit', (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

async function main() {
  const { help: wantsHelp, packages, command, commandArguments } = readArguments(process.argv.slice(2));
  if (wantsHelp) {
    process.stdout.write(help);
    return 0;
  }
  await installDependencies(root);
  const node = findNode(root);
  if (packages !== undefined && !needsNoPackages(commandArguments)) provideSystemPackages(packages);
  if (command === undefined) return 0;
  return runToEnd(...commandLine(node, command, commandArguments));
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
