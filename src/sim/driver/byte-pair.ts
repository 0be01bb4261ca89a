// Two ends of a byte stream in memory. Like a real one it holds only so much: a writer waits while the reader lags.

import type { ByteStream } from '../../ports/guest-link.ts';

const bufferBytes = 64 * 1024;

/** What either end writes comes out of the other's `incoming`. Closing one end ends both. */
export function bytePair(): [ByteStream, ByteStream] {
  const there = new Pipe();
  const back = new Pipe();
  const close = (): void => {
    there.close();
    back.close();
  };
  const end = (out: Pipe, incoming: Pipe): ByteStream => ({
    write: (bytes) => out.write(bytes),
    incoming: incoming.read(),
    close,
  });
  return [end(there, back), end(back, there)];
}

class Pipe {
  readonly #chunks: Uint8Array[] = [];
  #held = 0;
  #closed = false;
  /** Woken whenever something was read, written or closed. */
  #changed = Promise.withResolvers<void>();

  async write(bytes: Uint8Array): Promise<void> {
    while (!this.#closed && this.#held >= bufferBytes) await this.#changed.promise;
    if (this.#closed) throw new Error('write to a closed stream');
    this.#chunks.push(bytes.slice());
    this.#held += bytes.length;
    this.#wake();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#held -= chunk.length;
        this.#wake();
        yield chunk;
      } else if (this.#closed) return;
      else await this.#changed.promise;
    }
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wake(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
