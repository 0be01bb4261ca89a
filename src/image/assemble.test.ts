// `images/assemble.sh` on a base of a few files: what it puts where, whose it is, and either kind of runner.

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, PATH: path } });
const canPack = (): boolean => {
  try {
    run('mkfs.erofs', '--help');
    return true;
  } catch {
    // Not installed here.
    return false;
  }
};

const needs = 'needs root, to give files away, and mkfs.erofs';
describe.skipIf(process.getuid?.() !== 0 || !canPack())(`the root file system (${needs})`, () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-assemble-'));
    await put('base/usr/bin/busybox', 'busybox', 0o755);
    await put('base/usr/bin/socat', 'socat', 0o755);
    await put('base/etc/sudoers.d/README', '', 0o440);
    run('tar', '-cf', join(folder, 'base.tar'), '-C', join(folder, 'base'), '.');
    await put('agent.js', 'the agent');
    await put('node', 'a node', 0o755);
    await mkdir(join(folder, 'work'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function put(name: string, content: string, mode = 0o644): Promise<void> {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, mode);
  }

  /** Packs it with this runner, and unpacks it again. */
  async function packed(runner: string): Promise<{ file(name: string): string }> {
    const at = (name: string): string => join(folder, name);
    const parts = [join(root, 'guest/init'), at('agent.js'), at('node'), at(runner)];
    run('sh', join(root, 'images/assemble.sh'), at('work'), at('base.tar'), ...parts, at('root.erofs'));
    run('fsck.erofs', `--extract=${at('out')}`, at('root.erofs'));
    expect(await readdir(at('work'))).toEqual([]);
    return { file: (name) => join(folder, 'out', name) };
  }

  it("has GitHub's runner out of its archive, as the user runner's, ready to be run", async () => {
    await put('runner/run.sh', '#!/bin/sh\n', 0o755);
    await put('runner/bin/Runner.Listener', 'the listener', 0o755);
    run(
      'tar',
      '-czf',
      join(folder, 'actions-runner-linux-x64-2.336.0.tar.gz'),
      '-C',
      join(folder, 'runner'),
      '.',
    );
    const { file } = await packed('actions-runner-linux-x64-2.336.0.tar.gz');
    expect((await readdir(file('opt/runner'))).sort()).toEqual(['bin', 'run.sh']);
    const { uid, gid, mode } = await stat(file('opt/runner/bin/Runner.Listener'));
    expect([uid, gid, mode & 0o777]).toEqual([1001, 1001, 0o755]);
    expect((await stat(file('opt/runner/run.sh'))).mode & 0o111).toBe(0o111);
  });

  it('has our runner as a file, and the guest parts under names of their own, as root', async () => {
    await put('sim-runner.js', 'our runner');
    const { file } = await packed('sim-runner.js');
    expect(await readFile(file('opt/runner/sim-runner.js'), 'utf8')).toBe('our runner');
    expect(JSON.parse(await readFile(file('opt/runner/package.json'), 'utf8'))).toEqual({ type: 'module' });
    const own = async (name: string): Promise<string> => readFile(file(`usr/lib/bellows/${name}`), 'utf8');
    expect([await own('bellows-guest'), await own('guest-agent.js'), await own('bellows-relay')]).toEqual([
      'a node',
      'the agent',
      'socat',
    ]);
    for (const name of ['init', 'bellows-guest', 'run-runner', 'start-docker', 'relay-vsock']) {
      const { uid, mode } = await stat(file(`usr/lib/bellows/${name}`));
      expect([name, uid, mode & 0o777]).toEqual([name, 0, 0o755]);
    }
  });

  it('lets the user runner be root without a password, by a file that sudo takes', async () => {
    await put('sim-runner.js', '');
    const { file } = await packed('sim-runner.js');
    const { uid, gid, mode } = await stat(file('etc/sudoers.d/runner'));
    expect([uid, gid, mode & 0o777]).toEqual([0, 0, 0o440]);
    expect(await readFile(file('etc/sudoers.d/runner'), 'utf8')).toMatch(
      /^runner ALL=\(ALL(:ALL)?\) NOPASSWD: ?ALL$/m,
    );
  });
});
