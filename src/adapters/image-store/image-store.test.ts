import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ImageDigest, imageDigest } from '../../domain/ids.ts';
import { instantOf } from '../../domain/time.ts';
import { ImageError, type ImageShelf } from '../../ports/image-source.ts';
import { imageStore } from './image-store.ts';

const recipe = 'a'.repeat(64);

describe('images on a host', () => {
  let folder: string;
  let store: ImageShelf;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-images-'));
    store = imageStore(join(folder, 'images'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const filesOf = async (root: string): Promise<string> => {
    const made = await mkdtemp(join(folder, 'made-'));
    await writeFile(join(made, 'vmlinux'), 'kernel');
    await writeFile(join(made, 'initramfs'), 'initramfs');
    await writeFile(join(made, 'root.erofs'), root);
    return made;
  };
  const publish = async (root = 'root', from = recipe): Promise<ImageDigest> =>
    store.publish(await filesOf(root), { recipe: from, kernelVersion: '6.1' });

  it('are named by their content, whatever they were made from', async () => {
    const digest = await publish();
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await publish('root', 'b'.repeat(64))).toBe(digest);
    expect(await publish('another root')).not.toBe(digest);
    expect(await store.list()).toHaveLength(2);
  });

  it('are none where none was published, and told apart from a folder that cannot be read', async () => {
    expect(await store.list()).toEqual([]);
    await writeFile(join(folder, 'images'), 'a file');
    await expect(store.list()).rejects.toThrow('ENOTDIR');
  });

  it('are found by what they were made from', async () => {
    const digest = await publish();
    expect(await store.madeFrom(recipe)).toBe(digest);
    expect(await store.madeFrom('c'.repeat(64))).toBeUndefined();
  });

  it('give the files to boot from', async () => {
    const digest = await publish();
    const files = await store.resolve(digest);
    expect(await readFile(files.rootPath, 'utf8')).toBe('root');
    expect(await readFile(files.kernelPath, 'utf8')).toBe('kernel');
    expect(await readFile(files.initramfsPath, 'utf8')).toBe('initramfs');
  });

  it('are refused with the way to mend it when they are not there', async () => {
    const refusal = store.resolve(imageDigest(`sha256:${'0'.repeat(64)}`));
    await expect(refusal).rejects.toThrow(ImageError);
    await expect(refusal).rejects.toThrow(/is not on this host; build it again with: bellows image build/);
  });

  it.each([
    ['changed', (path: string) => writeFile(path, 'toor'), /root.erofs has changed/],
    ['cut short', (path: string) => writeFile(path, 'ro'), /root.erofs has changed/],
    ['removed', (path: string) => rm(path), /a file is missing/],
  ])('are refused when a file was %s, and not given for their recipe', async (_, damage, words) => {
    const digest = await publish();
    const { rootPath } = await store.resolve(digest);
    await damage(rootPath);
    await expect(store.resolve(digest)).rejects.toThrow(words);
    expect(await store.madeFrom(recipe)).toBeUndefined();
    expect(await publish()).toBe(digest);
    expect(await readFile((await store.resolve(digest)).rootPath, 'utf8')).toBe('root');
  });

  it('are refused when their manifest is another one', async () => {
    const digest = await publish();
    const other = await publish('another root');
    const manifestOf = (of: ImageDigest) => join(folder, 'images', of.slice(7), 'manifest.json');
    await writeFile(manifestOf(digest), await readFile(manifestOf(other)));
    await expect(store.resolve(digest)).rejects.toThrow(/its manifest is another image's/);
  });

  it('are read once: an unchanged file is not hashed again', async () => {
    const digest = await publish();
    const { rootPath } = await store.resolve(digest);
    const verified = join(rootPath, '..', 'verified.json');
    const before = (await stat(verified)).mtimeMs;
    await imageStore(join(folder, 'images')).resolve(digest);
    expect((await stat(verified)).mtimeMs).toBe(before);
    await utimes(rootPath, 1, 1);
    await imageStore(join(folder, 'images')).resolve(digest);
    expect((await stat(verified)).mtimeMs).toBeGreaterThan(before);
  });

  it('are pruned from the oldest on', async () => {
    const digests = [];
    for (const root of ['first', 'second', 'third']) {
      const digest = await publish(root);
      digests.push(digest);
      const at = 1000 + digests.length;
      await utimes(join(folder, 'images', digest.slice(7)), at, at);
    }
    expect(await store.newest()).toBe(digests[2]);
    expect(await store.prune(2)).toEqual([digests[0]]);
    expect([...(await store.list())].sort()).toEqual([digests[1], digests[2]].sort());
  });

  it('are retired when a newer one is wanted, but for some to go back to and those in use', async () => {
    const digests: ImageDigest[] = [];
    for (const root of ['first', 'second', 'third', 'fourth', 'fifth', 'sixth']) {
      const digest = await publish(root);
      digests.push(digest);
      const at = 1000 + digests.length;
      await utimes(join(folder, 'images', digest.slice(7)), at, at);
    }
    const [first, second, third, fourth, fifth, sixth] = digests;
    if (fifth === undefined || first === undefined || second === undefined) throw new Error('none published');
    const unknown = imageDigest(`sha256:${'0'.repeat(64)}`);
    expect(await store.retire({ wanted: unknown, keep: 0, used: new Set() })).toEqual([]);
    // As a VMM has it on its command line.
    const { rootPath } = await store.resolve(first);
    const machine = spawn('sh', ['-c', 'sleep 60; true', `file=${rootPath}`]);
    await once(machine, 'spawn');
    try {
      const order = { wanted: fifth, keep: 1, used: new Set([second]) };
      expect(await store.retire(order)).toEqual([third]);
      expect(await store.list()).toEqual([sixth, fifth, fourth, second, first]);
      expect(await store.prune(1)).toEqual([fifth, fourth, second]);
    } finally {
      machine.kill('SIGKILL');
    }
    await once(machine, 'exit');
    expect(await store.prune(1)).toEqual([first]);
  });

  it('leave nothing half done when they cannot be published', async () => {
    await mkdir(join(folder, 'images'));
    const empty = await mkdtemp(join(folder, 'empty-'));
    await expect(store.publish(empty, { recipe, kernelVersion: '6.1' })).rejects.toThrow();
    expect(await readdir(join(folder, 'images'))).toEqual([]);
  });

  it('tell how old they are; those of older builds are as old as their folder', async () => {
    const first = await publish('first');
    await utimes(join(folder, 'images', first.slice(7)), 1000, 1000);
    const made = await filesOf('second');
    const runner = { version: '2.336.0', releasedAt: instantOf(7) };
    const second = await store.publish(made, { recipe, kernelVersion: '6.1', builtAt: instantOf(9), runner });
    expect(await store.ages()).toEqual([
      { digest: second, builtAt: 9, runner },
      { digest: first, builtAt: 1_000_000 },
    ]);
  });
});
