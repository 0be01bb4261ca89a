// The guest's end of the link: a virtio-serial port, found by its name in sysfs since there is no udev.
//
// The port has manners of its own (Linux, drivers/char/virtio_console.c): while no host is connected, reading gives nothing
// at once and writing blocks. So nothing is written before the host has said something, and only one write is ever under
// way: each blocked one holds a thread of Node's pool.

import { open, read, readdirSync, readFileSync, write } from 'node:fs';
import type { PumpStream } from '../../src/wire/guest-protocol/channel-pump.ts';

type Sleep = (ms: number) => Promise<void>;

/** The device of the port with this name; waits for it, since its driver loads beside us. */
export async function findPort(classFolder: string, name: string, sleep: Sleep): Promise<string> {
  for (;;) {
    const port = listed(classFolder).find((entry) => nameOf(`${classFolder}/${entry}/name`) === name);
    if (port !== undefined) return `/dev/${port}`;
    await sleep(25);
  }
}

/**
 * Opens a port; gives a stream for each time that a host speaks to us.
 * @param greets a host may be there that speaks to an earlier reader of the port: the first stream begins without its word.
 */
export async function* openPort(path: string, sleep: Sleep, greets = false): AsyncGenerator<PumpStream> {
  const file = await called<number>((done) => open(path, 'r+', done));
  const buffer = Buffer.alloc(64 * 1024);
  const readSome = async (): Promise<Uint8Array> => {
    const length = await called<number>((done) => read(file, buffer, 0, buffer.length, null, done));
    // A view: whoever takes a chunk has done with it before asking for the next.
    return buffer.subarray(0, length);
  };
  let writing: Promise<unknown> = Promise.resolve();
  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; ) {
      at += await called<number>((done) => write(file, bytes, at, bytes.length - at, null, done));
    }
  };
  for (let unasked = greets; ; unasked = false) {
    const first = unasked ? undefined : await readSome();
    if (first?.length === 0) {
      await sleep(50);
      continue;
    }
    const ended = Promise.withResolvers<void>();
    let closed = false;
    yield {
      write(bytes) {
        if (closed) return Promise.reject(new Error('the host is gone'));
        const done = writing.then(() => writeAll(bytes));
        writing = done.catch(() => {});
        return done;
      },
      incoming: (async function* () {
        try {
          for (let bytes = first ?? (await readSome()); bytes.length > 0 && !closed; bytes = await readSome())
            yield bytes;
        } finally {
          ended.resolve();
        }
      })(),
      close() {
        closed = true;
      },
    };
    // One reader at a time: the next stream begins where this one's reading has ended.
    await ended.promise;
  }
}

/** `fs` by callbacks, and no `util`: what a program loads at its start costs every boot of an emulated VM. */
function called<T>(call: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error === null ? resolve(value) : reject(error)));
  });
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // The driver is not loaded yet.
    return [];
  }
}

function nameOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    // The port went away, or is not named yet.
    return '';
  }
}
