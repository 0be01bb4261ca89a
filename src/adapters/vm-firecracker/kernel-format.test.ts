import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelFormat, kernelProblem } from './kernel-format.ts';
import { featuresOf } from './version.ts';

describe("a guest's kernel", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-kernel-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const formatOf = async (...marks: [at: number, text: string][]) => {
    const content = Buffer.alloc(0x400);
    for (const [at, text] of marks) content.write(text, at, 'latin1');
    await writeFile(join(folder, 'kernel'), content);
    return kernelFormat(join(folder, 'kernel'));
  };

  it('is known by its header', async () => {
    expect(await formatOf([0, '\x7fELF'])).toBe('elf');
    expect(await formatOf([0, 'MZ'], [0x202, 'HdrS'])).toBe('bzImage');
    expect(await formatOf([0, 'MZ'], [0x38, 'ARMd'])).toBe('arm64 Image');
    expect(await formatOf([0, '#!/bin/sh'])).toBe('unknown');
    await writeFile(join(folder, 'empty'), '');
    expect(await kernelFormat(join(folder, 'empty'))).toBe('unknown');
  });

  it('must be what this release of Firecracker can load, and what helps is said', () => {
    const on = (minor: number, arch = 'x64') => ({
      arch,
      features: featuresOf([1, minor]),
      version: `1.${minor}.0`,
    });
    expect(kernelProblem('elf', on(10))).toBeUndefined();
    expect(kernelProblem('bzImage', on(17))).toBeUndefined();
    expect(kernelProblem('bzImage', on(16))).toMatch(
      /ELF vmlinux for Firecracker 1.16.0.*a bzImage: unpack it/,
    );
    expect(kernelProblem('unknown', on(17))).toMatch(/ELF vmlinux or a bzImage.*no kernel that we know$/);
    expect(kernelProblem('arm64 Image', on(10, 'arm64'))).toBeUndefined();
    expect(kernelProblem('elf', on(17, 'arm64'))).toMatch(/uncompressed Image/);
  });
});
