import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PumpStream } from '../../src/wire/guest-protocol/channel-pump.ts';
import { listenAt, speaksVsock } from './socket-port.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bellows-vsock-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the machine', () => {
  const withDevices = (kinds: readonly string[]) => {
    kinds.forEach((kind, index) => {
      mkdirSync(join(folder, `virtio${index}`));
      writeFileSync(join(folder, `virtio${index}`, 'device'), `${kind}\n`);
    });
    return speaksVsock(folder);
  };

  it('speaks vsock when it has that and no serial port', () => {
    expect(withDevices(['0x0001', '0x0002', '0x0013'])).toBe(true);
  });

  it('keeps to the serial port where there is one', () => {
    expect(withDevices(['0x0013', '0x0003'])).toBe(false);
  });

  it('does not speak vsock where there is none, or no virtio at all', () => {
    expect(withDevices(['0x0001', '0x0002'])).toBe(false);
    expect(speaksVsock(join(folder, 'missing'))).toBe(false);
  });
});

describe('the socket that a relay feeds', () => {
  const sockets: Socket[] = [];
  const dial = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(join(folder, 'guest.sock'));
      sockets.push(socket);
      socket.once('error', reject).once('connect', () => resolve(socket.off('error', reject)));
    });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** Everything that a stream gives until its end. */
  const readAll = async (stream: PumpStream): Promise<string> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream.incoming) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const nextOf = async (streams: AsyncGenerator<PumpStream>): Promise<PumpStream> => {
    const { value, done } = await streams.next();
    if (done === true) throw new Error('no more streams');
    return value;
  };
  /** The generator begins to listen when it is asked for the first time. */
  const begin = async () => {
    const streams = listenAt(join(folder, 'guest.sock'));
    const first = nextOf(streams);
    await expect
      .poll(() =>
        dial().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    return { streams, first: await first };
  };

  it('gives a stream for each connection, both ways', async () => {
    const { streams, first } = await begin();
    const host = sockets.at(-1);
    const heard = new Promise<string>((resolve) => host?.once('data', (chunk) => resolve(String(chunk))));
    await first.write(Buffer.from('hello'));
    expect(await heard).toBe('hello');
    host?.end('bye');
    expect(await readAll(first)).toBe('bye');
    const second = nextOf(streams);
    (await dial()).end('again');
    expect(await readAll(await second)).toBe('again');
    await streams.return(undefined);
  });

  it('ends a stream when a newer connection comes, and gives only the newest', async () => {
    const { streams, first } = await begin();
    const overtaken = await dial();
    const overtakenEnded = new Promise((resolve) => overtaken.once('close', resolve));
    expect(await readAll(first)).toBe('');
    const newest = await dial();
    await overtakenEnded;
    newest.end('newest');
    expect(await readAll(await nextOf(streams))).toBe('newest');
    await streams.return(undefined);
  });

  it('tells a writer whose host is gone', async () => {
    const { streams, first } = await begin();
    first.close();
    await expect(first.write(Buffer.from('lost'))).rejects.toThrow();
    await streams.return(undefined);
  });

  it('takes the place of what an agent that ended left there', async () => {
    writeFileSync(join(folder, 'guest.sock'), '');
    const { streams } = await begin();
    await streams.return(undefined);
  });
});
