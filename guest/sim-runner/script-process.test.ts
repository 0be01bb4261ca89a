// How a script is run in each shell, and how it is ended.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runScript, shellCommand } from './script-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bellows-script-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const script = (text: string, shell?: string) => ({
  text,
  shell,
  folder,
  name: 'step',
  workingDirectory: folder,
  environment: { PATH: process.env.PATH ?? '' },
});

async function run(text: string, shell?: string): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const code = await runScript(
    script(text, shell),
    (line) => void lines.push(line),
    new AbortController().signal,
  );
  return { code, lines };
}

describe('a script', () => {
  it('without a shell is of bash, ends at the first failure, and lets one in a pipe pass', async () => {
    expect(await run('shopt -q sourcepath && false | true\necho through')).toEqual({
      code: 0,
      lines: ['through'],
    });
    expect(await run('(exit 4)\necho never')).toEqual({ code: 4, lines: [] });
  });

  it('of bash by name ends at a failure in a pipe too', async () => {
    expect(await run('false | true\necho never', 'bash')).toEqual({ code: 1, lines: [] });
    expect(shellCommand(script('', 'bash'))).toBe('bash --noprofile --norc -eo pipefail {0}');
  });

  it('of sh ends at the first failure', async () => {
    expect(await run('echo said; (exit 3)\necho never', 'sh')).toEqual({ code: 3, lines: ['said'] });
  });

  it('of any other program is its file, at {0} or at the end', async () => {
    expect(await run('one line', 'cat')).toEqual({ code: 0, lines: ['one line'] });
    expect(await run('two', 'cat {0} -')).toEqual({ code: 0, lines: ['two'] });
  });

  it('of a program that is not there fails and says so', async () => {
    const { code, lines } = await run('x', 'no-such-shell');
    expect(code).toBe(-1);
    expect(lines).toEqual(['##[error]spawn no-such-shell ENOENT']);
  });

  it('says what it writes to either stream', async () => {
    const { lines } = await run('echo out; echo err >&2');
    expect(lines.sort()).toEqual(['err', 'out']);
  });
});

describe('a cancelled script', () => {
  /** Cancels when the script has said `up`. */
  async function cancelled(text: string): Promise<{ code: number; lines: string[] }> {
    const cancel = new AbortController();
    const lines: string[] = [];
    const hear = (line: string): void => {
      if (line === 'up') cancel.abort();
      else lines.push(line);
    };
    const code = await runScript(script(text), hear, cancel.signal, { interruptMs: 300, terminateMs: 300 });
    return { code, lines };
  }
  const wait = 'echo up; for n in $(seq 600); do sleep 0.1 || true; done 2>/dev/null';

  it('is asked by SIGINT', async () => {
    expect(await cancelled(`trap 'echo interrupted; exit 7' INT; ${wait}`)).toEqual({
      code: 7,
      lines: ['interrupted'],
    });
  });

  it('that does not heed it is asked by SIGTERM', async () => {
    expect(await cancelled(`trap '' INT; trap 'echo terminated; exit 8' TERM; ${wait}`)).toEqual({
      code: 8,
      lines: ['terminated'],
    });
  });

  it('that heeds neither is killed', async () => {
    expect(await cancelled(`trap '' INT TERM; ${wait}`)).toEqual({ code: -1, lines: [] });
  });
});
