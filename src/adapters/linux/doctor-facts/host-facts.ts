// A Linux host as the doctor sees it.

import type { FactSource } from '../../../ports/host-facts.ts';
import { HostFiles } from './host-files.ts';
import { connect, get, lookUp } from './reach.ts';
import { runProgram } from './run-program.ts';
import { writeSpeed } from './write-speed.ts';

export interface LinuxHostFactsOptions {
  /** Stands before every path: a test plants a tree of its own. `/` by default. */
  root?: string;
  /** For what is not there, or does not answer, on the network. */
  timeoutMs?: number;
}

const defaultTimeoutMs = 5000;

export function linuxHostFacts({
  root = '/',
  timeoutMs = defaultTimeoutMs,
}: LinuxHostFactsOptions = {}): FactSource {
  const files = new HostFiles(root);
  return {
    text: (path) => files.text(path),
    names: (path) => files.names(path),
    mark: (path) => files.mark(path),
    realPath: (path) => files.realPath(path),
    opens: (path) => files.opens(path),
    room: (path) => files.room(path),
    writeSpeed: (folder) => writeSpeed(files.placeOf(folder)),
    run: runProgram,
    lookUp: (name) => lookUp(name, timeoutMs),
    connect: (host, port) => connect(host, port, timeoutMs),
    get: (url) => get(url, timeoutMs),
    userId: () => process.getuid?.() ?? -1,
  };
}
