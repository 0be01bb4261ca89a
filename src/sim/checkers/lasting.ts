// Something that may be so for a while and must not stay so: a job without a VM, a VM without a use, a row that is behind.

import type { DurationMs, Instant } from '../../domain/time.ts';
import type { Look } from './checker.ts';

type Moment = Pick<Look, 'now' | 'calmSince' | 'wasStormy'>;

export interface Patience {
  /** Where nothing was ever broken. */
  fair: DurationMs;
  /** After a storm: back-offs, blocked budgets and lost words run out first. */
  afterStorm: DurationMs;
}

export class Lasting<Key> {
  readonly #patience: Patience;
  #since = new Map<Key, Instant>();
  readonly #told = new Set<Key>();

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /**
   * @param present all that are so now. @returns those that have been so for too long, each once. In the storm nobody is
   * late; time counts from its end.
   */
  late({ now, calmSince, wasStormy }: Moment, present: Iterable<Key>): Key[] {
    const since = new Map<Key, Instant>();
    for (const key of present) since.set(key, this.#since.get(key) ?? now);
    this.#since = since;
    if (calmSince === undefined) return [];
    const patience = wasStormy ? this.#patience.afterStorm : this.#patience.fair;
    const late = [...since].filter(
      ([key, first]) => now - Math.max(first, calmSince) > patience && !this.#told.has(key),
    );
    return late.map(([key]) => {
      this.#told.add(key);
      return key;
    });
  }
}
