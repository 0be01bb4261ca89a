import { journalContract } from '../../test/contract/journal.ts';
import { MemoryJournal } from './memory-journal.ts';

journalContract('memory', () => {
  const journal = new MemoryJournal();
  return { open: async () => journal, reopen: async () => journal };
});
