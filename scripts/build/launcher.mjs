#!/usr/bin/env node
// The `bellows` command of the installed package. Node 24 may not be the machine's own, but comes with the package
// where npm has it; so this file keeps to what older ones understand, and passes on to the right one.

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const wanted = 24;

function suppliedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `node-${process.platform}-${process.arch}/package.json`,
    );
    return fileURLToPath(new URL('bin/node', `file://${manifest}`));
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** At a terminal, Ctrl-C reaches the program by itself; one more from here would be the second, which ends it at once. */
function hasTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false; // ENXIO: this process has no terminal
  }
}

function passOn(node) {
  const child = spawn(node, [fileURLToPath(new URL('cli.js', import.meta.url)), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  const terminal = hasTerminal();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !terminal) child.kill(signal);
    });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

if (Number(process.versions.node.split('.')[0]) >= wanted) {
  await import(new URL('cli.js', import.meta.url).href);
} else {
  const node = suppliedNode();
  if (node === undefined) {
    process.stderr.write(`bellows needs Node ${wanted} or newer; this is ${process.version}.\n`);
    process.exitCode = 1;
  } else passOn(node);
}
