import { crashed } from '../ending.ts';
import { guarded } from '../guard.ts';
import type { Scenario } from './scenario.ts';

/** Plays with the guard on: who reaches for anything real is how it ends, whatever else came out. */
export const underGuard =
  (play: Scenario['play']): Scenario['play'] =>
  (audience) =>
    guarded(() => play(audience)).catch(crashed);
