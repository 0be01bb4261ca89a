// A line of a transcript before it is written.

import type { Subject } from './names.ts';

/** One thing that happened. What different subjects have in common at about the same time is told once. */
export interface Told {
  who: string;
  subject?: Subject;
  text: string;
  /** What else it is about, particular to this subject, as words with `%` in its place; left out where the view is wide. */
  about?: { words: string; subject: Subject };
}

export type Data = Readonly<Record<string, unknown>>;
