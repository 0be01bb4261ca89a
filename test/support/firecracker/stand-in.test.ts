// The stand-in refuses what Firecracker refuses: else passing on it would prove nothing. Each rule here has its source in
// `state-rules.ts`, `machine.ts` or `jailer-program.ts`.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { elfKernel } from './harness.ts';
import { type StandIn, writeStandIn } from './programs.ts';
import type { Faults, Release } from './settings.ts';
import { type FaultName, faultRules, limits, notAfter, notBefore, stateRules } from './state-rules.ts';

const isRoot = process.getuid?.() === 0;
const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanUps.splice(0).reverse()) clean();
});

interface Started {
  child: ChildProcess;
  jail: string;
  ended: Promise<number | NodeJS.Signals | null>;
  said: () => string;
}

function folderWith(release: Release): { folder: string; standIn: StandIn } {
  const folder = mkdtempSync(join(tmpdir(), 'bellows-fc-self-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, standIn: writeStandIn(folder, release) };
}

function run(program: string, args: string[], cwd: string): Started {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  cleanUps.push(() => child.kill('SIGKILL'));
  let words = '';
  child.stdout?.on('data', (chunk) => (words += String(chunk)));
  child.stderr?.on('data', (chunk) => (words += String(chunk)));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  return { child, jail: cwd, ended, said: () => words };
}

/** A Firecracker with the files of a machine in its jail, listening. */
async function firecracker(release: Release, args: string[] = [], faults: Faults = {}): Promise<Started> {
  const { folder, standIn } = folderWith(release);
  standIn.setFaults(faults);
  const jail = join(folder, 'jail');
  mkdirSync(jail);
  writeFileSync(join(jail, 'kernel'), elfKernel);
  writeFileSync(join(jail, 'disk'), '');
  const started = run(standIn.firecracker, ['--id', 'a', '--api-sock', '/api.sock', ...args], jail);
  await expect.poll(() => listens(join(jail, 'api.sock')), { timeout: 20_000 }).toBe(true);
  return started;
}

/** The socket's file is there a moment before anybody listens at it. */
function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

interface Answered {
  status: number;
  fault: string;
}

function call(
  { jail }: Started,
  method: string,
  path: string,
  body?: unknown,
  headers = {},
): Promise<Answered> {
  const sent = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const length = sent === '' ? {} : { 'Content-Length': Buffer.byteLength(sent) };
    const asked = request({
      socketPath: join(jail, 'api.sock'),
      method,
      path,
      headers: { ...length, ...headers },
    });
    asked.once('error', reject).once('response', (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => {
        const answer = text === '' ? {} : JSON.parse(text);
        resolve({ status: response.statusCode ?? 0, fault: answer.fault_message ?? text });
      });
    });
    asked.end(sent);
  });
}

const boot = { kernel_image_path: '/kernel', boot_args: 'reboot=k' };
const start = { action_type: 'InstanceStart' };

describe('the API of the stand-in', { timeout: 60_000 }, () => {
  it('does not take a field, or a path, that the release does not know', async () => {
    const old = await firecracker('1.10');
    expect(await call(old, 'PUT', '/machine-config', { vcpu_count: 1, mem_size_mib: 1, extra: 1 })).toEqual({
      status: 400,
      fault: expect.stringContaining('unknown field `extra`'),
    });
    expect((await call(old, 'PUT', '/serial', {})).status).toBe(400);
    expect((await call(old, 'PUT', '/nothing', {})).fault).toContain('Invalid request method and/or path');
  });

  it('keeps the order: before and after the start, and one start', async () => {
    const vmm = await firecracker('1.16');
    expect((await call(vmm, 'PUT', '/actions', start)).fault).toContain('without kernel configuration');
    expect((await call(vmm, 'PATCH', '/vm', { state: 'Paused' })).fault).toBe(notBefore);
    expect((await call(vmm, 'PATCH', '/balloon', { amount_mib: 1 })).fault).toBe(notBefore);
    expect((await call(vmm, 'PUT', '/mmds', {})).status).toBe(204);
    expect((await call(vmm, 'PUT', '/boot-source', boot)).status).toBe(204);
    expect((await call(vmm, 'GET', '/')).fault).toContain('"Not started"');
    expect((await call(vmm, 'PUT', '/actions', start)).status).toBe(204);
    expect((await call(vmm, 'GET', '/')).fault).toContain('"Running"');
    expect((await call(vmm, 'PUT', '/actions', start)).fault).toBe(notAfter);
    expect((await call(vmm, 'PUT', '/boot-source', boot)).fault).toBe(notAfter);
    expect((await call(vmm, 'PUT', '/entropy', {})).fault).toBe(notAfter);
  });

  it('stays when a start fails, and takes the next one', async () => {
    const vmm = await firecracker('1.16');
    writeFileSync(join(vmm.jail, 'no-kernel'), 'text');
    await call(vmm, 'PUT', '/boot-source', { ...boot, kernel_image_path: '/no-kernel' });
    expect((await call(vmm, 'PUT', '/actions', start)).fault).toContain('Invalid ELF magic number');
    expect(vmm.child.exitCode).toBeNull();
    await call(vmm, 'PUT', '/boot-source', boot);
    expect((await call(vmm, 'PUT', '/actions', start)).status).toBe(204);
  });

  it('reads bodies of a stated length, up to its limit, with a method that has one', async () => {
    const vmm = await firecracker('1.16');
    const long = { ...boot, boot_args: 'x'.repeat(limits.bodyBytes) };
    expect((await call(vmm, 'PUT', '/boot-source', long)).status).toBe(413);
    expect((await call(vmm, 'PUT', '/boot-source')).fault).toBe('Empty PUT request.');
    expect((await call(vmm, 'GET', '/version', { a: 1 })).fault).toBe('GET request cannot have a body.');
    const chunked = await new Promise<number>((resolve, reject) => {
      const asked = request({ socketPath: join(vmm.jail, 'api.sock'), method: 'PUT', path: '/boot-source' });
      asked.once('error', reject).once('response', (response) => resolve(response.resume().statusCode ?? 0));
      asked.write(JSON.stringify(boot));
      asked.end();
    });
    expect(chunked).toBe(400);
  });

  it('holds names against their alphabets, and a path against its body', async () => {
    const vmm = await firecracker('1.16');
    const drive = (id: string, changes = {}) => ({
      drive_id: id,
      path_on_host: '/disk',
      is_root_device: true,
      is_read_only: true,
      ...changes,
    });
    expect((await call(vmm, 'PUT', '/drives/a-b', drive('a-b'))).fault).toContain('ID');
    expect((await call(vmm, 'PUT', '/drives/a', drive('b'))).fault).toContain('does not match');
    expect((await call(vmm, 'PUT', '/drives/a', drive('a'))).status).toBe(204);
    expect((await call(vmm, 'PUT', '/drives/b', drive('b'))).fault).toContain(
      'root block device already exists',
    );
    const missing = drive('c', { is_root_device: false, path_on_host: '/missing' });
    expect((await call(vmm, 'PUT', '/drives/c', missing)).fault).toContain('No such file');
  });

  it('takes a command line of 2048 bytes with what it adds itself', async () => {
    const vmm = await firecracker('1.16');
    await call(vmm, 'PUT', '/boot-source', { ...boot, boot_args: 'x'.repeat(limits.commandLineBytes - 3) });
    expect((await call(vmm, 'PUT', '/actions', start)).fault).toContain('overflows');
  });

  const drive = (drive_id: string, path_on_host = '/disk') => ({
    drive_id,
    path_on_host,
    is_root_device: true,
    is_read_only: true,
  });
  const link = (iface_id: string, host_dev_name = 'tap0') => ({
    iface_id,
    host_dev_name,
    guest_mac: '06:00:0a:00:00:02',
  });
  /** For each rule the calls of which the last one breaks it. */
  const breaches: Readonly<Record<FaultName, readonly (readonly [string, object])[]>> = {
    memorySize: [['/machine-config', { vcpu_count: 1, mem_size_mib: 0 }]],
    oddWithSmt: [['/machine-config', { vcpu_count: 3, mem_size_mib: 64, smt: true }]],
    kernelFile: [['/boot-source', { kernel_image_path: '/none' }]],
    initrdFile: [['/boot-source', { ...boot, initrd_path: '/none' }]],
    rootTwice: [
      ['/drives/a', drive('a')],
      ['/drives/b', drive('b')],
    ],
    driveFile: [['/drives/a', drive('a', '/none')]],
    deviceName: [['/network-interfaces/a', link('a', 'a-name-of-16-byt')]],
    tapMissing: [['/network-interfaces/a', link('a')]],
    macTwice: [
      ['/network-interfaces/a', link('a')],
      ['/network-interfaces/b', link('b', 'tap1')],
    ],
    vsockPath: [['/vsock', { guest_cid: 3, uds_path: '/kernel' }]],
    balloonSize: [
      ['/machine-config', { vcpu_count: 1, mem_size_mib: 64 }],
      ['/balloon', { amount_mib: 65, deflate_on_oom: true }],
    ],
    noKernel: [['/actions', start]],
    kernelFormat: [
      ['/boot-source', { kernel_image_path: '/disk' }],
      ['/actions', start],
    ],
    commandLine: [
      ['/boot-source', { ...boot, boot_args: 'x'.repeat(limits.commandLineBytes) }],
      ['/actions', start],
    ],
  };

  it.each(Object.entries(breaches))(
    'refuses by the rule %s, and takes what keeps to it',
    async (name, calls) => {
      const vmm = await firecracker('1.16', [], { tapMissing: name === 'tapMissing' });
      for (const [at, [path, body]] of calls.entries()) {
        const { status, fault } = await call(vmm, 'PUT', path, body);
        const isLast = at === calls.length - 1;
        expect([path, status]).toEqual([path, isLast ? 400 : 204]);
        if (isLast) expect(fault).toContain(faultRules[name as FaultName].words);
      }
      expect(vmm.child.exitCode).toBeNull();
    },
  );

  it('says of every rule where in Firecracker it stands', () => {
    for (const { source } of Object.values(faultRules)) expect(source).toMatch(/^src\/vmm\/src\/\S+\.rs\b/);
    for (const { source } of stateRules) expect(source).toMatch(/^(src|docs)\/\S+/);
  });

  it('takes ten connections', async () => {
    const vmm = await firecracker('1.16');
    const open = Array.from({ length: limits.connections }, () => connect(join(vmm.jail, 'api.sock')));
    cleanUps.push(() => {
      for (const socket of open) socket.destroy();
    });
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    expect((await call(vmm, 'GET', '/')).status).toBe(503);
    open[0]?.destroy();
    await expect.poll(async () => (await call(vmm, 'GET', '/')).status).toBe(200);
  });

  it('takes no socket that is there already, its own or of vsock, which it binds at once', async () => {
    const vmm = await firecracker('1.16');
    const vsock = { guest_cid: 3, uds_path: '/v.sock' };
    expect((await call(vmm, 'PUT', '/vsock', vsock)).status).toBe(204);
    expect(existsSync(join(vmm.jail, 'v.sock'))).toBe(true);
    const program = join(vmm.jail, '../firecracker');
    const second = run(program, ['--id', 'b', '--api-sock', '/api.sock'], vmm.jail);
    expect(await second.ended).toBe(1);
    expect(second.said()).toContain('Failed to open the API socket');
    const third = run(program, ['--id', 'c', '--api-sock', '/other.sock'], vmm.jail);
    await expect.poll(() => existsSync(join(third.jail, 'other.sock')), { timeout: 20_000 }).toBe(true);
    const refused = await new Promise<string>((resolve, reject) => {
      const sent = JSON.stringify(vsock);
      const headers = { 'Content-Length': sent.length };
      const asked = request({
        socketPath: join(third.jail, 'other.sock'),
        method: 'PUT',
        path: '/vsock',
        headers,
      });
      asked
        .once('error', reject)
        .once('response', (response) => response.once('data', (chunk) => resolve(String(chunk))));
      asked.end(sent);
    });
    expect(refused).toContain('Address in use');
  });

  it('logs every request with its body', async () => {
    const vmm = await firecracker('1.16', ['--log-path', '/log']);
    await call(vmm, 'PUT', '/boot-source', boot);
    expect(readFileSync(join(vmm.jail, 'log'), 'utf8')).toContain('"boot_args":"reboot=k"');
  });

  it('is not started with arguments that the release does not know', async () => {
    const { folder, standIn } = folderWith('1.10');
    expect(await run(standIn.firecracker, ['--id', 'a', '--enable-pci'], folder).ended).toBe(153);
    expect(await run(standIn.firecracker, ['--id', 'under_score'], folder).ended).toBe(153);
  });
});

describe.skipIf(!isRoot)(
  'the jailer of the stand-in (root only: it gives files away)',
  { timeout: 60_000 },
  () => {
    const jailer = (standIn: StandIn, base: string, more: string[] = []) =>
      run(
        standIn.jailer,
        [
          '--id',
          'one',
          '--exec-file',
          standIn.firecracker,
          '--uid',
          '900000',
          '--gid',
          '900000',
          '--chroot-base-dir',
          base,
          ...more,
        ],
        '/',
      );

    const jailsWith = (release: Release) => {
      const { folder, standIn } = folderWith(release);
      const base = join(folder, 'jails');
      mkdirSync(base);
      return { base, standIn };
    };

    it('becomes Firecracker in the same process, with nothing of the environment', async () => {
      const { base, standIn } = jailsWith('1.16');
      const started = jailer(standIn, base, ['--', '--api-sock', '/api.sock']);
      const root = join(base, 'firecracker/one/root');
      await expect.poll(() => listens(join(root, 'api.sock')), { timeout: 20_000 }).toBe(true);
      expect(readFileSync(join(root, 'firecracker.pid'), 'utf8')).toBe(String(started.child.pid));
      expect(readFileSync(`/proc/${started.child.pid}/environ`, 'utf8')).toBe('');
    });

    it('does not enter a jail twice, and makes no base folder', async () => {
      const { base, standIn } = jailsWith('1.16');
      const dev = join(base, 'firecracker/one/root/dev/net');
      mkdirSync(dev, { recursive: true });
      writeFileSync(join(dev, 'tun'), '');
      const second = jailer(standIn, base);
      expect(await second.ended).toBe(1);
      expect(second.said()).toContain('File exists (os error 17)');
      const lost = jailer(standIn, join(base, 'missing'));
      expect(await lost.ended).toBe(1);
      expect(existsSync(join(base, 'missing'))).toBe(false);
    });

    it('goes into a control group that is there, and says nothing of one that is not', async () => {
      const { base, standIn } = jailsWith('1.16');
      mkdirSync(join(standIn.cgroupRoot, 'a/b'), { recursive: true });
      const started = jailer(standIn, base, [
        '--cgroup-version',
        '2',
        '--parent-cgroup',
        'a/b',
        '--',
        '--api-sock',
        '/s',
      ]);
      const procs = join(standIn.cgroupRoot, 'a/b/cgroup.procs');
      await expect
        .poll(() => existsSync(procs) && readFileSync(procs, 'utf8').trim(), { timeout: 20_000 })
        .toBe(String(started.child.pid));
      const absolute = jailer(standIn, base, ['--cgroup-version', '2', '--parent-cgroup', '/a/b']);
      expect(await absolute.ended).toBe(1);
    });
  },
);
