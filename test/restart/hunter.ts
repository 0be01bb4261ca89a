// A process of its own that reads the agent's journal as it is written, and kills the agent (SIGKILL) as soon as it stands at
// the moment that it was told. Apart from the control plane, and ahead of everybody else on the processor, since some moments
// last for a millisecond.

import { closeSync, openSync, readSync, watch } from 'node:fs';
import { setPriority } from 'node:os';
import { basename, dirname } from 'node:path';
import { type Hunt, hunt, type Kill } from './hunt.ts';
import { Standing } from './moment.ts';

// Whoever is not root hunts at the pace of everybody else.
try {
  setPriority(-15);
} catch {
  process.stderr.write('the hunter runs at the common priority\n');
}

/** A long moment must not be struck twice in the same VM: the next agent would not get past it. */
const struck = new Set<string>();

process.on('message', (message) => {
  const { pid, journal, ...wanted } = hunt.parse(message);
  const seen = new JournalReader(journal);
  const strike = (): boolean => {
    seen.readOn();
    const prey = preyAmong(seen.standing, wanted);
    if (prey === undefined) return false;
    process.kill(pid, 'SIGKILL');
    struck.add(`${prey.moment} ${prey.vm}`);
    seen.close();
    process.send?.(prey);
    return true;
  };
  if (strike()) return;
  const watcher = watch(dirname(journal), (_event, name) => {
    if (name === basename(journal) && strike()) watcher.close();
  });
});
process.once('disconnect', () => process.exit());

function preyAmong(
  standing: Standing,
  { moments, spare }: Pick<Hunt, 'moments' | 'spare'>,
): Kill | undefined {
  for (const moment of moments) {
    const vm = standing.at(moment).find((one) => !spare.includes(one) && !struck.has(`${moment} ${one}`));
    if (vm !== undefined) return { vm, moment };
  }
  return undefined;
}

class JournalReader {
  readonly standing = new Standing();
  readonly #file: number;
  readonly #buffer = Buffer.alloc(1 << 16);
  #rest = '';

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  close(): void {
    closeSync(this.#file);
  }

  readOn(): void {
    for (;;) {
      const count = readSync(this.#file, this.#buffer);
      if (count === 0) return;
      const lines = (this.#rest + this.#buffer.toString('latin1', 0, count)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.standing.read(line);
    }
  }
}
