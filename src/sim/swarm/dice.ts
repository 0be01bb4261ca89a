import type { DurationMs } from '../../domain/time.ts';
import { SeededRandom } from '../seeded-random.ts';

/**
 * Choices for one purpose of one seed. Each purpose has dice of its own, so that taking one fault away does not change what
 * the others do.
 */
export class Dice {
  readonly #random: SeededRandom;

  constructor(seed: number, purpose: string) {
    this.#random = new SeededRandom(mix(seed, purpose));
  }

  chance(probability: number): boolean {
    return this.#random.fraction() < probability;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#random.fraction() * (high - low + 1));
  }

  /** Small numbers as likely as large ones. */
  logBetween(low: number, high: number): number {
    return low * (high / low) ** this.#random.fraction();
  }

  pick<T>(from: readonly T[]): T {
    const found = from[Math.floor(this.#random.fraction() * from.length)];
    if (found === undefined) throw new Error('bug: nothing to pick from');
    return found;
  }

  shuffled<T>(of: readonly T[]): T[] {
    return of
      .map((item) => ({ item, at: this.#random.fraction() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }

  /** Moments within a time, in order. */
  moments(count: number, within: DurationMs): DurationMs[] {
    return Array.from({ length: count }, () => this.between(0, within)).sort((a, b) => a - b);
  }
}

/** FNV-1a over the purpose, begun with the seed. */
function mix(seed: number, purpose: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const letter of purpose) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
