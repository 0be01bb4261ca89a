import type { Tamper } from '../world/world.ts';

/** A product that breaks one of its promises, and the checker that must see it. */
export interface Mutant {
  /** What it does, as a sentence without its subject. */
  name: string;
  /** The checker's name. */
  caughtBy: string;
  /** Others that see it too, where one broken promise breaks another. */
  alsoSeenBy?: readonly string[];
  /** Made anew for each world: some remember. */
  make(): Tamper;
}
