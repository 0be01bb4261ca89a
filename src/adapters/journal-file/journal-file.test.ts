import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { journalContract } from '../../../test/contract/journal.ts';
import { JournalFile } from './journal-file.ts';

let folder: string;
let open: JournalFile[] = [];
const path = (): string => join(folder, 'deep/journal.jsonl');
const start = async (): Promise<JournalFile> => {
  const journal = await JournalFile.open(path());
  open.push(journal);
  return journal;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bellows-journal-'));
});
afterEach(async () => {
  await Promise.all(open.map((journal) => journal.close()));
  open = [];
  rmSync(folder, { recursive: true, force: true });
});

journalContract('file', () => ({ open: start, reopen: start }));

describe('a journal file', () => {
  it('drops a line that a crash cut off, at every byte of it, and goes on', async () => {
    const journal = await start();
    await journal.append([{ n: 1 }]);
    const whole = statSync(path()).size;
    await journal.append([{ n: 2, text: 'ümläut' }]);
    const bytes = readFileSync(path());
    for (let cut = whole; cut < bytes.length; cut++) {
      writeFileSync(path(), bytes.subarray(0, cut));
      const next = await start();
      expect(await next.read()).toEqual([{ n: 1 }]);
      await next.append([{ n: 3 }]);
      expect(await (await start()).read()).toEqual([{ n: 1 }, { n: 3 }]);
    }
  });

  it('cuts away what a failed write left before it writes again', async () => {
    const journal = await start();
    await journal.append([{ n: 1 }]);
    appendFileSync(path(), '{"n":2,"half');
    await journal.append([{ n: 3 }]);
    expect(await (await start()).read()).toEqual([{ n: 1 }, { n: 3 }]);
  });

  it('forgets a replacement that was not finished', async () => {
    const journal = await start();
    await journal.append([{ n: 1 }]);
    writeFileSync(`${path()}.part`, '{"n":9}\n');
    expect(await (await start()).read()).toEqual([{ n: 1 }]);
  });

  it('refuses a line in the middle that cannot be read, and says what to do', async () => {
    const journal = await start();
    await journal.append([{ n: 1 }, { n: 2 }]);
    writeFileSync(path(), `\0\0\0\n${readFileSync(path(), 'utf8')}`);
    await expect(JournalFile.open(path())).rejects.toThrow(/line 1 of the journal .* move the file away/);
    truncateSync(path(), 0);
  });

  it('can be read by its user only', async () => {
    await start();
    expect(statSync(path()).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'deep')).mode & 0o077).toBe(0);
  });
});
