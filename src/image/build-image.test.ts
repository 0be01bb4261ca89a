import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { imageDigest } from '../domain/ids.ts';
import { instantOf } from '../domain/time.ts';
import { ImageError, type ImageOrigin, type ImageShelf } from '../ports/image-source.ts';
import { type Command, CommandError, type ImageWorkshop } from '../ports/image-workshop.ts';
import { type BuildOptions, type BuildProgress, buildImage } from './build-image.ts';

const options: BuildOptions = {
  recipeFolder: '/recipe',
  scriptsFolder: '/scripts',
  partsFolder: '/parts',
  agentBundle: '/agent.js',
  nodeProgram: '/node',
  runner: '/runner.js',
};

/** A workshop whose programs do what the real ones would leave behind. */
class PretendWorkshop implements ImageWorkshop {
  rootless = false;
  readonly cacheFolder = '/cache';
  readonly files = new Map<string, string | Uint8Array>();
  readonly commands: Command[] = [];
  absent: string[] = [];
  distribution = 'debian';
  failing: string | undefined;

  missing(programs: readonly string[]) {
    return Promise.resolve(programs.filter((name) => this.absent.includes(name)));
  }
  host() {
    const content = 'deb http://mirror.example/debian bookworm main\n';
    const aptSources = [{ path: '/etc/apt/sources.list', content }];
    return Promise.resolve({ distribution: this.distribution, codename: 'bookworm', aptSources });
  }
  async run(command: Command) {
    this.commands.push(command);
    if (command.program === this.failing) throw new CommandError(`${command.program} ended with 1`);
    command.onLine?.(`${command.program} works`);
    const [last = ''] = command.args.slice(-1);
    if (command.program === 'mmdebstrap') this.files.set(command.args.at(-2) ?? '', 'base');
    if (command.program === 'sh') this.files.set(last, 'root');
    if (command.program === 'tar') {
      const to = command.args[1];
      const modules = `${to}/usr/lib/modules/6.1`;
      this.files.set(`${to}/boot/vmlinuz-6.1`, Uint8Array.of(0x7f, 0x45, 0x4c, 0x46));
      this.files.set(`${to}/usr/bin/busybox`, 'busybox');
      const names = [
        'virtio_pci',
        'virtio_blk',
        'overlay',
        'erofs',
        'virtio_console',
        'virtio_net',
        'virtio-rng',
        'virtio_mmio',
      ];
      this.files.set(`${modules}/modules.dep`, names.map((name) => `kernel/${name}.ko:\n`).join(''));
      this.files.set(`${modules}/modules.builtin`, 'kernel/fs/ext4.ko\n');
      for (const name of names) this.files.set(`${modules}/kernel/${name}.ko`, name);
    }
  }
  newFolder() {
    return Promise.resolve('/new-folder');
  }
  async remove(path: string) {
    for (const name of this.files.keys()) if (name.startsWith(`${path}/`)) this.files.delete(name);
  }
  async read(path: string) {
    const content = this.files.get(path);
    if (content === undefined) throw new Error(`no file ${path}`);
    return typeof content === 'string' ? new TextEncoder().encode(content) : content;
  }
  async write(path: string, content: string | Uint8Array) {
    this.files.set(path, content);
  }
  async exists(path: string) {
    return this.files.has(path);
  }
  async names(folder: string) {
    const below = [...this.files.keys()].filter((name) => name.startsWith(`${folder}/`));
    return [...new Set(below.map((name) => name.slice(folder.length + 1).split('/')[0] ?? ''))].sort();
  }
  async place(from: string, to: string) {
    this.files.set(to, await this.read(from));
    this.files.delete(from);
  }
  async forgetOld(prefix: string, kept: string) {
    for (const path of this.files.keys())
      if (path.startsWith(`${this.cacheFolder}/${prefix}`) && path !== kept) this.files.delete(path);
  }
  async digest(path: string) {
    return createHash('sha256')
      .update(`${path} ${this.files.get(path)}`)
      .digest('hex');
  }
}

class PretendShelf implements ImageShelf {
  readonly made = new Map<string, string>();
  async madeFrom(recipe: string) {
    return this.made.has(recipe) ? imageDigest(`sha256:${recipe}`) : undefined;
  }
  about: ImageOrigin | undefined;
  async publish(folder: string, about: ImageOrigin) {
    this.made.set(about.recipe, folder);
    this.about = about;
    return imageDigest(`sha256:${about.recipe}`);
  }
  async list() {
    return [];
  }
  async ages() {
    return [];
  }
  async newest() {
    return undefined;
  }
  async prune() {
    return [];
  }
  async retire() {
    return [];
  }
  async resolve(): Promise<never> {
    throw new Error('not asked here');
  }
}

describe('building an image', () => {
  let workshop: PretendWorkshop;
  let shelf: PretendShelf;
  let told: BuildProgress[];
  const build = (changes: Partial<BuildOptions> = {}) =>
    buildImage(
      { ...options, ...changes },
      { workshop, shelf, clock: { now: () => instantOf(0) }, onProgress: (progress) => told.push(progress) },
    );
  const ran = (program: string) => workshop.commands.filter((command) => command.program === program).length;
  beforeEach(() => {
    workshop = new PretendWorkshop();
    shelf = new PretendShelf();
    told = [];
    workshop.files.set('/recipe/packages.list', 'git\ncurl\n~n^libicu[0-9]+$\n');
    workshop.files.set('/parts/initramfs-init', '#!/bin/busybox sh\n');
    workshop.files.set('/runner.js', 'the simulated runner');
    workshop.files.set('/runner.zip', 'the runner for Windows');
  });

  it('goes from packages to a published image, and tells each step', async () => {
    const built = await build();
    expect(built.cached).toBe(false);
    expect(shelf.about).toMatchObject({ builtAt: 0, kernelVersion: '6.1', runner: { version: 'simulated' } });
    const steps = told.filter(({ state }) => state === 'done').map(({ step }) => step);
    expect(steps).toEqual(['packages', 'kernel', 'root file system', 'digest']);
    const mmdebstrap = workshop.commands.find(({ program }) => program === 'mmdebstrap');
    expect(mmdebstrap?.args).toContain('--include=curl,git');
    // mmdebstrap takes one pattern, and nothing else beside it.
    expect(mmdebstrap?.args).toContain('--include=~n^libicu[0-9]+$');
    expect([...workshop.files.keys()].filter((name) => name.startsWith('/new-folder/'))).toEqual([]);
  });

  it('gives what is there already at once', async () => {
    const { digest } = await build();
    workshop.commands.length = 0;
    expect(await build()).toMatchObject({ digest, cached: true });
    expect(workshop.commands).toEqual([]);
  });

  it('makes the packages again only when they change, or on request', async () => {
    await build();
    workshop.files.set('/agent.js', 'a new agent');
    expect((await build()).cached).toBe(false);
    expect(ran('mmdebstrap')).toBe(1);
    workshop.files.set('/recipe/packages.list', 'git\ncurl\nunzip\n');
    expect((await build()).cached).toBe(false);
    expect(ran('mmdebstrap')).toBe(2);
    expect((await build({ fresh: true })).cached).toBe(false);
    expect(ran('mmdebstrap')).toBe(3);
  });

  it('needs no root: packages and root file system are made in user namespaces', async () => {
    workshop.rootless = true;
    await build();
    expect(workshop.commands.find(({ program }) => program === 'mmdebstrap')?.args[0]).toBe('--mode=unshare');
    expect(workshop.commands.find(({ program }) => program === 'sh')?.asOwner).toBe(true);
  });

  it('says what to install, before it begins', async () => {
    workshop.absent = ['mkfs.erofs'];
    await expect(build()).rejects.toThrow(/missing: mkfs.erofs. Install with: sudo apt-get install/);
    expect(workshop.commands).toEqual([]);
  });

  it('tells a user without ids for a user namespace how to get them, before it begins', async () => {
    workshop.rootless = true;
    workshop.failing = 'true';
    await expect(build()).rejects.toThrow(/sudo usermod --add-subuids .* true ended with 1/);
    expect(workshop.commands.map(({ program }) => program)).toEqual(['true']);
  });

  it('says what a host that is no Debian can do', async () => {
    workshop.distribution = 'fedora';
    await expect(build()).rejects.toThrow(ImageError);
    await expect(build()).rejects.toThrow(/build it on a Debian host/);
  });

  it.each([
    ['a runner that is not there', { runner: '/runner.tar.gz' }, 'there is no file /runner.tar.gz'],
    ['a runner that no guest could start', { runner: '/runner.zip' }, 'give the one for Linux'],
    ['a recipe without packages', { recipeFolder: '/elsewhere' }, 'there is no packages.list in /elsewhere'],
  ])('refuses %s, before it begins', async (_, changes, words) => {
    const refusal = build(changes);
    await expect(refusal).rejects.toThrow(ImageError);
    await expect(refusal).rejects.toThrow(words);
    expect(workshop.commands).toEqual([]);
  });

  it('leaves nothing behind when a program fails', async () => {
    workshop.failing = 'sh';
    await expect(build()).rejects.toThrow(CommandError);
    expect([...workshop.files.keys()].filter((name) => name.startsWith('/new-folder/'))).toEqual([]);
    expect(shelf.made.size).toBe(0);
  });
});
