import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cpioArchive } from './cpio.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('an initramfs archive', () => {
  it('is read by cpio(1) as it was meant', () => {
    const archive = cpioArchive([
      { kind: 'folder', path: 'dev' },
      { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
      { kind: 'file', path: 'init', mode: 0o755, content: bytes('#!/bin/sh\n') },
      { kind: 'link', path: 'sh', target: 'bin/busybox' },
    ]);
    const listed = execFileSync('busybox', ['cpio', '-tv'], { input: archive, encoding: 'utf8' });
    expect(listed).toMatch(/^drwxr-xr-x.* dev$/m);
    expect(listed).toMatch(/^crw-------.* dev\/console$/m);
    expect(listed).toMatch(/^-rwxr-xr-x.* 10 .* init$/m);
    expect(listed).toMatch(/^lrwxrwxrwx.* sh/m);
  });

  it('is the same for the same entries, and a multiple of four bytes long', () => {
    const entries = [{ kind: 'file', path: 'a', mode: 0o644, content: bytes('12345') }] as const;
    expect(cpioArchive(entries)).toEqual(cpioArchive(entries));
    expect(cpioArchive(entries).length % 4).toBe(0);
  });
});
