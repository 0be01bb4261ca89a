import { expect, it } from 'vitest';
import type { Command, Terminal } from './outcome.ts';
import { withProgress } from './progress.ts';

/** A terminal on which a second passes when the test says so. */
function world() {
  const shown: string[] = [];
  let beat = Promise.withResolvers<void>();
  const terminal = {
    operator: 'me',
    say: (text: string) => void shown.push(`said ${text}`),
    pause: (ms: number, stopping?: AbortSignal) => {
      expect(ms).toBe(1_000);
      return Promise.race([
        beat.promise,
        new Promise<void>((resolve) => stopping?.addEventListener('abort', () => resolve())),
      ]);
    },
  } as Partial<Terminal> as Terminal;
  const second = async (): Promise<void> => {
    const { resolve } = beat;
    beat = Promise.withResolvers();
    resolve();
    await new Promise((next) => setImmediate(next));
  };
  const run = (command: Command) =>
    withProgress(command, (text) => void shown.push(`drew ${text}`))({} as never, terminal);
  return { shown, second, run };
}
const good = { ok: true, text: '', json: {} } as const;

it('shows nothing of a command that is done at once', async () => {
  const { shown, run } = world();
  expect(await run(async () => good)).toBe(good);
  expect(shown).toEqual([]);
});

it('counts the seconds, makes way for what is said, and leaves nothing behind', async () => {
  const { shown, second, run } = world();
  await run(async (_api, { say }) => {
    await second();
    await second();
    say('half');
    return good;
  });
  expect(shown).toEqual(['drew still at it, 1 s', 'drew still at it, 2 s', 'drew ', 'said half']);
});

it('leaves nothing behind when the command fails', async () => {
  const { shown, second, run } = world();
  const failing = run(async () => {
    await second();
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(shown.at(-1)).toBe('drew ');
});
