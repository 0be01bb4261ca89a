import { constants, openSync, writeSync } from 'node:fs';

/** Where Firecracker writes a log or a console to: it never waits for room, and what finds none is lost (docs/prod-host-setup.md). */
export class LossyOutput {
  readonly #fd: number;

  constructor(target: number | string) {
    this.#fd =
      typeof target === 'number'
        ? target
        : openSync(target, constants.O_RDWR | constants.O_NONBLOCK | constants.O_CREAT, 0o600);
  }

  write(text: string): void {
    try {
      writeSync(this.#fd, text);
    } catch {
      // Counted as missed by the real one (uart.missed_write_count).
    }
  }
}
