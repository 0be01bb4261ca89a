// Chance from a seed, for the simulated weeks. It shares nothing with the rules that are judged.

export interface Dice {
  /** At least 0 and below 1. */
  unit(): number;
  between(low: number, high: number): number;
  whole(low: number, high: number): number;
  normal(): number;
  pick<T>(from: readonly T[]): T;
}

export function diceOf(seed: number): Dice {
  let state = (seed * 0x9e3779b1) >>> 0;
  // mulberry32
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number): number => low + (high - low) * unit();
  const whole = (low: number, high: number): number => Math.floor(between(low, high + 1));
  return {
    unit,
    between,
    whole,
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    pick: (from) => {
      const one = from[whole(0, from.length - 1)];
      if (one === undefined) throw new Error('bug: nothing to pick from');
      return one;
    },
  };
}
