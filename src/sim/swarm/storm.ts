// What the parts of a storm share: the world, what the seed chose, dice for each kind of fault, and the tally of what was
// really injected.

import type { World } from '../world/world.ts';
import { Dice } from './dice.ts';
import type { FaultName, Happening } from './fault-kinds.ts';
import type { SwarmOptions } from './options.ts';

export class Storm {
  readonly world: World;
  readonly options: SwarmOptions;
  readonly injected = new Map<FaultName | Happening, number>();
  readonly #dice = new Map<string, Dice>();
  isOver = false;

  constructor(world: World, options: SwarmOptions) {
    this.world = world;
    this.options = options;
  }

  rate(kind: FaultName): number {
    return this.options.faults[kind] ?? 0;
  }

  dice(purpose: string): Dice {
    const known = this.#dice.get(purpose);
    if (known !== undefined) return known;
    const made = new Dice(this.options.seed, purpose);
    this.#dice.set(purpose, made);
    return made;
  }

  /** Whether this occasion is taken to inject the fault; counted when it is. */
  strikes(kind: FaultName): boolean {
    const isTaken = this.isDrawn(kind);
    if (isTaken) this.count(kind);
    return isTaken;
  }

  /** As `strikes`, where only what comes of it tells whether anything was injected: whoever sees that counts it. */
  isDrawn(kind: FaultName): boolean {
    const rate = this.rate(kind);
    return rate > 0 && !this.isOver && this.dice(kind).chance(rate);
  }

  count(kind: FaultName | Happening): void {
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
  }
}
