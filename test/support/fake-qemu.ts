// A program that a QEMU driver can take for QEMU: it opens the same sockets, says when it runs, and its guest answers as the
// talking guest does. It shows in a tenth of a second what the driver does with processes; what QEMU does, it cannot show.

import { writeFile } from 'node:fs/promises';

/** How it behaves: the content of the machine's kernel. */
export interface FakeKernel {
  /** From its start to a machine that runs; `null`: it never does. */
  upAfterMs: number | null;
}

const source = `#!${process.execPath}
const { createServer } = require('node:net');
const { readFileSync, rmSync } = require('node:fs');
const { createInterface } = require('node:readline');

const args = process.argv.slice(2);
const sockets = args.flatMap((word) => {
  const found = /^socket,id=([a-z]+),path=([^,]+),/.exec(word);
  return found === null ? [] : [[found[1], found[2]]];
});
const { upAfterMs } = JSON.parse(readFileSync(args[args.indexOf('-kernel') + 1], 'utf8'));
const startedAt = Date.now();
const consoles = new Set();
const monitors = new Set();
/** As QEMU does, it says so to whoever holds its monitor. */
const shutDown = () => {
  const event = JSON.stringify({ event: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } }) + '\\n';
  for (const monitor of monitors) monitor.write(event);
  setImmediate(() => process.exit(0));
};
const answers = {
  monitor(line, socket) {
    const running = upAfterMs !== null && Date.now() - startedAt >= upAfterMs;
    if (line.includes('query-status')) socket.end(JSON.stringify({ return: { running } }) + '\\n');
  },
  console() {},
  guest(line, socket) {
    const [verb, ...rest] = line.split(' ');
    if (verb === 'echo') socket.write(rest.join(' ') + '\\n');
    if (verb === 'power-off') shutDown();
    if (verb === 'panic')
      for (const console of consoles) console.end('Kernel panic - not syncing\\n', shutDown);
  },
};
for (const [id, path] of sockets) {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    if (id === 'console') consoles.add(socket);
    if (id === 'monitor') monitors.add(socket);
    socket.on('error', () => {});
    createInterface({ input: socket }).on('line', (line) => answers[id](line, socket)).on('error', () => {});
  });
  server.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  server.listen(path);
}
`;

/** Writes the program to `path`. Being a script of Node's, it needs some 50 ms to begin. */
export const writeFakeQemu = (path: string): Promise<void> => writeFile(path, source, { mode: 0o700 });
