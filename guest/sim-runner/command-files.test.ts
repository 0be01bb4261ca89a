import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandFiles, parsePairs } from './command-files.ts';

describe('a command file', () => {
  it('has pairs on one line or on many', () => {
    const content = 'a=1\n\nb=x=y\nc<<END\none\n\ntwo\nEND\nd<<=\nodd\n=\n';
    expect(parsePairs(content)).toEqual({ a: '1', b: 'x=y', c: 'one\n\ntwo', d: 'odd' });
  });

  it.each([
    ['no sign at all', "Invalid format 'no sign at all'"],
    ['a<<END\nnever ends', "Matching delimiter not found 'END'"],
    ['=value', "Invalid format '=value'"],
  ])('%j is refused', (content, message) => {
    expect(() => parsePairs(content)).toThrow(message);
  });

  it('is empty at first and gone when it was taken', () => {
    const temp = mkdtempSync(join(tmpdir(), 'bellows-command-files-'));
    try {
      const files = new CommandFiles(temp, 'one');
      writeFileSync(files.path, '/a\n/b\n');
      writeFileSync(files.summary, '# hi');
      expect(files.take()).toEqual({ env: {}, output: {}, path: ['/a', '/b'], summary: '# hi' });
      expect(() => files.take()).toThrow();
    } finally {
      rmSync(temp, { recursive: true });
    }
  });
});
