// What the proof says of each attack.

import type { Judgement } from './attack.ts';

export interface Finding extends Judgement {
  name: string;
  stops: string;
}

export interface Skipped {
  name: string;
  /** Why it could not be tried. */
  skipped: string;
}

export function tell({ name, blocked, control, seen }: Finding, say: (line: string) => unknown): void {
  say(`${blocked ? 'blocked' : 'NOT BLOCKED'}${control ? '' : ', NO CONTROL'}: ${name} (${seen})`);
}
