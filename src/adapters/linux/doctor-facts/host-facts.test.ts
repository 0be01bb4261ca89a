// The adapter against a planted tree, programs of the system, and servers of its own.

import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linuxHostFacts } from './host-facts.ts';

let root: string;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bellows-facts-'));
  await mkdir(join(root, 'sys/devices/system/cpu/smt'), { recursive: true });
  await writeFile(join(root, 'sys/devices/system/cpu/smt/active'), '1\n');
  await symlink('sys', join(root, 'link'));
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await rm(root, { recursive: true });
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

async function unusedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

describe('the files of a host', () => {
  it('are read', async () => {
    const host = linuxHostFacts({ root });
    expect(await host.text('/sys/devices/system/cpu/smt/active')).toEqual({ kind: 'seen', value: '1\n' });
    expect(await host.names('/sys/devices/system/cpu')).toEqual({ kind: 'seen', value: ['smt'] });
    expect(await host.realPath('/link/devices')).toEqual({ kind: 'seen', value: '/sys/devices' });
    expect(await host.opens('/sys/devices/system/cpu/smt/active')).toEqual({ kind: 'seen', value: 'opened' });
  });

  it('that are not there are absent', async () => {
    const host = linuxHostFacts({ root });
    const absent = { kind: 'absent' };
    expect(await host.text('/proc/swaps')).toEqual(absent);
    expect(await host.text('/sys/devices/system/cpu/smt/active/deeper')).toEqual(absent);
    expect(await host.names('/proc')).toEqual(absent);
    expect(await host.mark('/proc')).toEqual(absent);
    expect(await host.opens('/dev/net/tun')).toEqual(absent);
  });

  it('say what they are and whose', async () => {
    const host = linuxHostFacts({ root });
    await chmod(join(root, 'sys'), 0o1777);
    expect(await host.mark('/sys')).toEqual({
      kind: 'seen',
      value: { kind: 'folder', uid: process.getuid?.(), gid: process.getgid?.(), mode: 0o1777 },
    });
    expect(await linuxHostFacts().mark('/dev/null')).toMatchObject({ value: { kind: 'character-device' } });
  });

  it('that cannot be read are hidden, with a reason', async () => {
    expect(await linuxHostFacts({ root }).text('/sys')).toEqual({
      kind: 'hidden',
      why: expect.stringContaining('/sys: EISDIR'),
    });
  });

  it.skipIf(process.getuid?.() === 0)('that permissions forbid are hidden', async () => {
    await chmod(join(root, 'sys/devices/system/cpu/smt/active'), 0);
    const path = '/sys/devices/system/cpu/smt/active';
    expect(await linuxHostFacts({ root }).text(path)).toEqual({
      kind: 'hidden',
      why: `no permission for ${path}`,
    });
  });

  it('of the kernel are read to their end, though their size is told as 0', async () => {
    expect(await linuxHostFacts().text('/proc/self/mountinfo')).toMatchObject({
      value: expect.stringMatching(/ - \w+ .*\n$/),
    });
  });
});

describe('the disk of a host', () => {
  it('has room, also for a folder that is still to be made', async () => {
    const room = await linuxHostFacts({ root }).room('/sys/not/yet/there');
    expect(room).toMatchObject({ kind: 'seen', value: { freeBytes: expect.any(Number) } });
    expect(room.kind === 'seen' && room.value.bytes > 0).toBe(true);
  });

  it('is written to, and nothing is left', async () => {
    const speed = await linuxHostFacts({ root }).writeSpeed('/sys');
    expect(speed.kind === 'seen' && speed.value.bytesPerSecond > 0 && speed.value.worstSyncMs > 0).toBe(true);
    expect(await readdir(join(root, 'sys'))).toEqual(['devices']);
    expect(await linuxHostFacts({ root }).writeSpeed('/none')).toEqual({ kind: 'absent' });
  });
});

describe('a program', () => {
  it('is run, and its end is told', async () => {
    const host = linuxHostFacts();
    const seen = (value: object) => ({ kind: 'seen', value });
    expect(await host.run('echo', ['hello'])).toEqual(seen({ code: 0, out: 'hello\n', err: '' }));
    expect(await host.run('sh', ['-c', 'echo no >&2; exit 3'])).toEqual(
      seen({ code: 3, out: '', err: 'no\n' }),
    );
    expect(await host.run('sh', ['-c', 'kill -9 $$'])).toEqual(seen({ code: -1, out: '', err: '' }));
    expect(await host.run('no-such-program', [])).toEqual({ kind: 'absent' });
  });

  it('that may not be run is hidden', async () => {
    await writeFile(join(root, 'program'), '#!/bin/sh\n', { mode: 0o644 });
    expect(await linuxHostFacts().run(join(root, 'program'), [])).toMatchObject({ kind: 'hidden' });
  });
});

describe('the network of a host', () => {
  it('finds names, or says that it does not', async () => {
    const host = linuxHostFacts({ timeoutMs: 2000 });
    expect(await host.lookUp('localhost')).toMatchObject({ ok: true, ms: expect.any(Number) });
    expect(await host.lookUp('no-such-name.invalid')).toEqual({
      ok: false,
      why: expect.stringMatching(/^no /),
    });
  });

  it('connects, or says why not', async () => {
    const port = await listening(createTcpServer((socket) => socket.destroy()));
    const host = linuxHostFacts({ timeoutMs: 2000 });
    expect(await host.connect('127.0.0.1', port)).toMatchObject({ ok: true, detail: '127.0.0.1' });
    expect(await host.connect('127.0.0.1', 1)).toEqual({ ok: false, why: 'connection refused' });
  });

  it('gets an answer with the time of its server', async () => {
    let date: string | undefined;
    const server = createServer((_request, response) => {
      if (date === undefined) response.sendDate = true;
      else response.setHeader('date', date);
      response.writeHead(503).end('{}');
    });
    const url = `http://127.0.0.1:${await listening(server)}/`;
    const host = linuxHostFacts({ timeoutMs: 2000 });
    expect(await host.get(url)).toMatchObject({ ok: true, status: 503, skewMs: 0 });
    date = new Date(Date.now() + 3_600_000).toUTCString();
    const behind = await host.get(url);
    expect(behind.ok && Math.round((behind.skewMs ?? 0) / 10_000)).toBe(360);
    expect(await host.get(`http://127.0.0.1:${await unusedPort()}/`)).toEqual({
      ok: false,
      why: 'connection refused',
    });
  });

  it('does not wait for ever', async () => {
    const server = createServer(() => {});
    const url = `http://127.0.0.1:${await listening(server)}/`;
    expect(await linuxHostFacts({ timeoutMs: 200 }).get(url)).toEqual({ ok: false, why: 'no answer' });
    server.closeAllConnections();
  });
});
