// A scenario is a lesson with a name: something that happened to somebody, played on the whole product, with an end that is
// checked and a transcript that a person can read. Most are stories (`story.ts`); a failing seed becomes one by
// `from-swarm.ts`; one with another way to run and to end brings its own `play`.

import type { Ending } from '../ending.ts';

export interface Scenario {
  /** In kebab case; its golden transcript is `test/scenarios/golden/NAME.txt`. */
  readonly name: string;
  /** The lesson, in one sentence. */
  readonly about: string;
  play(audience: Audience): Promise<ScenarioEnding>;
}

export interface Audience {
  /** Takes the transcript, line by line, while it happens. */
  tell: (line: string) => void;
  /** Takes every line of the event log. */
  onLine?: (line: string) => void;
}

/** `report`: further keys for the JSON of `npm run sim -- --scenario NAME --json`. */
export type ScenarioEnding = Ending & { report?: Readonly<Record<string, unknown>> };
