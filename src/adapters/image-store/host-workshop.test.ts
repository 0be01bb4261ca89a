import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandError } from '../../ports/image-workshop.ts';
import { hostWorkshop } from './host-workshop.ts';

describe('the workshop on this host', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-workshop-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const workshop = () => hostWorkshop(folder);

  it('runs programs, and hands on each line that they write', async () => {
    const lines: string[] = [];
    const args = ['-c', 'echo one; echo two >&2'];
    await workshop().run({ program: 'sh', args, onLine: (line) => lines.push(line) });
    expect(lines.sort()).toEqual(['one', 'two']);
  });

  it("repeats a failed program's last words", async () => {
    const failed = workshop().run({ program: 'sh', args: ['-c', 'echo no such mirror >&2; exit 3'] });
    await expect(failed).rejects.toThrow(CommandError);
    await expect(failed).rejects.toThrow('sh ended with 3:\nno such mirror');
    const absent = workshop().run({ program: 'no-such-program', args: [] });
    await expect(absent).rejects.toThrow(/cannot run no-such-program/);
  });

  it('ends a program when it is told to, or when its time is over', async () => {
    const stop = new AbortController();
    const begun = workshop().run({ program: 'sleep', args: ['60'], signal: stop.signal });
    stop.abort();
    await expect(begun).rejects.toThrow();
    const late = workshop().run({ program: 'sleep', args: ['60'], timeoutMs: 50 });
    await expect(late).rejects.toThrow('sleep was ended by SIGTERM');
  });

  it('forgets what nobody has touched for a day, but for what is kept', async () => {
    const aWhileAgo = new Date(Date.now() - 25 * 3_600_000);
    for (const name of ['base-old.tar', 'base-kept.tar', 'base-new.tar', 'other-old.tar']) {
      await writeFile(join(folder, name), '');
      if (name !== 'base-new.tar') await utimes(join(folder, name), aWhileAgo, aWhileAgo);
    }
    await workshop().forgetOld('base-', join(folder, 'base-kept.tar'));
    expect((await readdir(folder)).sort()).toEqual(['base-kept.tar', 'base-new.tar', 'other-old.tar']);
  });

  it('knows which programs are missing', async () => {
    expect(await workshop().missing(['sh', 'no-such-program'])).toEqual(['no-such-program']);
  });

  it("takes a folder's digest over names, modes and contents, not over times", async () => {
    const digestAfter = async (change: (path: string) => Promise<void>): Promise<string> => {
      const parts = await mkdtemp(join(folder, 'parts-'));
      await mkdir(join(parts, 'etc'));
      await writeFile(join(parts, 'etc/one'), 'one');
      await change(parts);
      return workshop().digest(parts);
    };
    const same = await digestAfter(async () => {});
    expect(await digestAfter(async () => {})).toBe(same);
    expect(await digestAfter((path) => writeFile(join(path, 'etc/one'), 'two'))).not.toBe(same);
    expect(await digestAfter((path) => writeFile(join(path, 'etc/two'), ''))).not.toBe(same);
    const executable = (path: string) => writeFile(join(path, 'etc/two'), '', { mode: 0o755 });
    expect(await digestAfter(executable)).not.toBe(
      await digestAfter((path) => writeFile(join(path, 'etc/two'), '')),
    );
  });

  it('places a finished file in one step, and removes work folders', async () => {
    const work = await workshop().newFolder();
    await workshop().write(join(work, 'deep/down'), 'done');
    await workshop().place(join(work, 'deep/down'), join(folder, 'kept/there'));
    expect(await readFile(join(folder, 'kept/there'), 'utf8')).toBe('done');
    await workshop().remove(work);
    expect(await workshop().exists(work)).toBe(false);
    await workshop().remove(work);
  });

  it('removes what a killed build left, and not what another build works on', async () => {
    await mkdir(join(folder, 'work-999999999-dead'));
    await mkdir(join(folder, `work-${process.pid}-alive`));
    await workshop().newFolder();
    expect(await workshop().exists(join(folder, 'work-999999999-dead'))).toBe(false);
    expect(await workshop().exists(join(folder, `work-${process.pid}-alive`))).toBe(true);
  });

  it('reads what this host is', async () => {
    const host = await workshop().host();
    expect(host.distribution).toMatch(/^\w+$/);
    expect(host.aptSources[0]?.path).toBe('/etc/apt/sources.list');
  });
});
