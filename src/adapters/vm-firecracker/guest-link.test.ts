import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vmId } from '../../domain/ids.ts';
import { SystemClock } from '../system/clock.ts';
import { firecrackerGuestLink } from './guest-link.ts';

describe('the guest link over vsock', () => {
  const link = firecrackerGuestLink(new SystemClock());
  const vm = vmId('vm-linktest');
  let folder: string;
  let server: Server | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-link-test-'));
    await symlink(join(folder, 'socket'), join(folder, 'link'));
  });
  afterEach(async () => {
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
    await rm(folder, { recursive: true, force: true });
  });
  /** A Firecracker that does this with what a connection says first. */
  const listen = (answer: (said: string, socket: Socket) => void, path = join(folder, 'socket')) =>
    new Promise<void>((resolve) => {
      server = createServer((socket) => {
        socket.on('error', () => undefined).once('data', (said) => answer(said.toString(), socket));
      }).listen(path, resolve);
    });
  const connect = () => link.connect(vm, join(folder, 'link'));

  it('asks for the port, and loses nothing that comes with the answer', async () => {
    await listen((said, socket) => {
      if (said === 'CONNECT 1024\n') socket.end('OK 1073741824\nfirst words');
    });
    const stream = await connect();
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream.incoming) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('first words');
  });

  it('takes an answer that comes byte by byte', async () => {
    await listen(async (_, socket) => {
      for (const byte of 'OK 7\nx') {
        socket.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.end();
    });
    const stream = await connect();
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream.incoming) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('x');
  });

  it('is not there when the socket is not, when the guest refuses, or speaks otherwise', async () => {
    await expect(connect()).rejects.toMatchObject({ message: `the guest link of ${vm} is not there` });
    await listen((_, socket) => socket.end());
    await expect(connect()).rejects.toMatchObject({ cause: { message: 'the guest does not listen' } });
    await new Promise((resolve) => server?.close(resolve));
    await listen((_, socket) => socket.write('x'.repeat(1000)));
    await expect(connect()).rejects.toMatchObject({ cause: { message: /does not take the connection/ } });
  });

  it('gives a mute guest two seconds', async () => {
    await listen(() => undefined);
    await expect(connect()).rejects.toMatchObject({ cause: { message: 'the guest did not answer in 2 s' } });
  });

  it('does not follow a link that a VMM put in the place of its socket', async () => {
    const elsewhere = join(folder, 'the-hosts-own');
    let reached = false;
    await listen(() => {
      reached = true;
    }, elsewhere);
    await symlink(elsewhere, join(folder, 'socket'));
    await expect(connect()).rejects.toMatchObject({ cause: { message: /is no socket/ } });
    expect(reached).toBe(false);
  });

  it('tells a writer that the stream is closed', async () => {
    await listen((_, socket) => socket.write('OK 7\n'));
    const stream = await connect();
    stream.close();
    await expect(stream.write(Uint8Array.of(1))).rejects.toThrow('is closed');
  });
});
