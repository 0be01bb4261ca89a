// A scenario is a lesson with a name: something that happened to somebody, played on the whole product, with an end that is
// checked and a transcript that a person can read. Most are stories (`story.ts`); a failing seed becomes one by
// `from-swarm.ts`; one with another way to run and to end brings its own `play`.

import type { RepairKind } from '../../domain/repair/repair.ts';
import type { Finding } from '../checkers/checker.ts';

export interface Scenario {
  /** In kebab case; its golden transcript is `test/scenarios/golden/NAME.txt`. */
  readonly name: string;
  /** The lesson, in one sentence. */
  readonly about: string;
  play(audience: Audience): Promise<Ending>;
}

export interface Audience {
  /** Takes the transcript, line by line, while it happens. */
  tell: (line: string) => void;
  /** Takes every line of the event log. */
  onLine?: (line: string) => void;
}

export interface Ending {
  outcome: 'ok' | 'crash' | 'liveness' | 'correctness';
  findings: readonly Finding[];
  /** Of a crash: the error with its stack. */
  error?: string;
  jobs: number;
  vms: number;
  webhooks: number;
  repairs: Partial<Record<RepairKind, number>>;
  /** Further keys for the JSON of `npm run sim -- --scenario NAME --json`. */
  report?: Readonly<Record<string, unknown>>;
}

/** The gravest of what was found. */
export const outcomeOf = (findings: readonly Finding[]): Ending['outcome'] =>
  findings.some(({ family }) => family === 'correctness')
    ? 'correctness'
    : findings.length > 0
      ? 'liveness'
      : 'ok';

/** An end in which an error escaped. */
export const crashed = (error: unknown): Ending => ({
  outcome: 'crash',
  findings: [],
  error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  jobs: 0,
  vms: 0,
  webhooks: 0,
  repairs: {},
});
