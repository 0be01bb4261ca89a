// What every journal promises. `reopen` gives the journal as the next process finds it.

import { describe, expect, it } from 'vitest';
import type { Journal } from '../../src/ports/journal.ts';

export interface JournalHarness {
  open(): Promise<Journal>;
  reopen(): Promise<Journal>;
}

export function journalContract(name: string, make: () => JournalHarness): void {
  describe(`journal: ${name}`, () => {
    it('is empty at first', async () => {
      const journal = await make().open();
      expect(await journal.read()).toEqual([]);
    });

    it('gives the next process what was appended, in order', async () => {
      const harness = make();
      const journal = await harness.open();
      await journal.append([{ n: 1 }, { n: 2, text: 'Zeile\n√' }]);
      await journal.append([{ n: 3 }]);
      await journal.append([]);
      expect(await (await harness.reopen()).read()).toEqual([{ n: 1 }, { n: 2, text: 'Zeile\n√' }, { n: 3 }]);
    });

    it('keeps the order of appends that are not waited for', async () => {
      const harness = make();
      const journal = await harness.open();
      await Promise.all(Array.from({ length: 50 }, (_, n) => journal.append([{ n }])));
      expect(await (await harness.reopen()).read()).toEqual(Array.from({ length: 50 }, (_, n) => ({ n })));
    });

    it('replaces all, and goes on from there', async () => {
      const harness = make();
      const journal = await harness.open();
      await journal.append([{ n: 1 }, { n: 2 }]);
      await journal.replace([{ all: 2 }]);
      await journal.append([{ n: 3 }]);
      const next = await harness.reopen();
      expect(await next.read()).toEqual([{ all: 2 }, { n: 3 }]);
      await next.append([{ n: 4 }]);
      expect(await (await harness.reopen()).read()).toEqual([{ all: 2 }, { n: 3 }, { n: 4 }]);
    });
  });
}
