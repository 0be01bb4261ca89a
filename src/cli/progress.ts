// Shows that a command is under way, from its first second on. Commands that are done sooner show nothing.

import type { Command, Outcome } from './outcome.ts';

const beatMs = 1_000;

/** @param draw writes over the last line of the terminal; an empty text takes it away. */
export const withProgress =
  (command: Command, draw: (text: string) => void): Command =>
  async (api, terminal) => {
    const done = new AbortController();
    let isDrawn = false;
    const clear = (): void => {
      if (isDrawn) draw('');
      isDrawn = false;
    };
    const beating = (async () => {
      for (let seconds = 1; ; seconds += 1) {
        await terminal.pause(beatMs, done.signal);
        if (done.signal.aborted) return;
        draw(`still at it, ${seconds} s`);
        isDrawn = true;
      }
    })();
    const say = (text: string): void => {
      clear();
      terminal.say(text);
    };
    try {
      const outcome: Outcome = await command(api, { ...terminal, say });
      return outcome;
    } finally {
      done.abort();
      await beating;
      clear();
    }
  };
