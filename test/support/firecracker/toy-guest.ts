// The guest in the stand-in: it answers on vsock port 1024 line by line, and says its last words on the console.

import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const port = 1024;

export interface GuestHost {
  console(text: string): void;
  /** The machine is reset: what ends Firecracker with exit code 0. */
  reset(): void;
}

/** Firecracker's side of vsock: listens from `PUT /vsock` on; looks at connections when the machine runs. */
export class VsockDevice {
  readonly #server: Server;
  readonly #waiting: Socket[] = [];
  #guest: 'absent' | 'deaf' | 'listening' = 'absent';
  readonly #host: GuestHost;

  constructor(host: GuestHost) {
    this.#host = host;
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (this.#guest === 'absent') this.#waiting.push(socket);
      else this.#accept(socket);
    });
  }

  /** @throws when something lies at the path already: the socket is made, never replaced. */
  bind(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(`.${path}`, () => resolve());
    });
  }

  /** The machine runs; its guest listens a little later. */
  start(listensAfterMs: number): void {
    this.#guest = 'deaf';
    for (const socket of this.#waiting.splice(0)) this.#accept(socket);
    if (listensAfterMs === 0) this.#guest = 'listening';
    else setTimeout(() => (this.#guest = 'listening'), listensAfterMs);
  }

  #accept(socket: Socket): void {
    const lines = createInterface({ input: socket });
    lines.on('error', () => undefined);
    let isThrough = false;
    lines.on('line', (line) => {
      if (isThrough) return this.#answer(line, socket);
      const asked = /^CONNECT (\d+)$/.exec(line)?.[1];
      // A port that nobody listens at is a reset, which shows as the connection's end.
      if (asked !== String(port) || this.#guest !== 'listening') return socket.destroy();
      isThrough = true;
      socket.write('OK 1073741824\n');
    });
  }

  #answer(line: string, socket: Socket): void {
    const [verb, ...rest] = line.split(' ');
    if (verb === 'echo') socket.write(`${rest.join(' ')}\n`);
    if (verb === 'power-off') this.#host.reset();
    if (verb === 'flood')
      for (let round = 0; round < 40_000; round++) this.#host.console(`${rest.join(' ')}\n`);
    if (verb === 'panic') {
      this.#host.console('Kernel panic - not syncing: by request\n');
      // panic=1
      this.#host.reset();
    }
  }
}
