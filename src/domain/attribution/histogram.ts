// The usual as a histogram over logarithms: what is far out weighs no more than its count, a day weighs less each day, and
// it stays small however many jobs there are.

/** Bins of each unit of the natural logarithm: one is 8 % wide. */
const binsPerUnit = 12;

export interface Histogram {
  /** Weights by bin number, ascending; none is 0. */
  readonly bins: readonly (readonly [bin: number, weight: number])[];
  readonly weight: number;
}

export const nothingSeen: Histogram = { bins: [], weight: 0 };

export const binOf = (x: number): number => Math.round(x * binsPerUnit);
export const middleOf = (bin: number): number => bin / binsPerUnit;

/** Each value counts 1. The order of the values does not matter. */
export function withValues(histogram: Histogram, values: readonly number[]): Histogram {
  if (values.length === 0) return histogram;
  const bins = [...histogram.bins];
  for (const value of values) {
    const bin = binOf(value);
    const place = placeOf(bins, bin);
    const there = bins[place];
    if (there?.[0] === bin) bins[place] = [bin, there[1] + 1];
    else bins.splice(place, 0, [bin, 1]);
  }
  return { bins, weight: histogram.weight + values.length };
}

/** Where a bin is or belongs. */
function placeOf(bins: Histogram['bins'], bin: number): number {
  let [low, high] = [0, bins.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bins[middle]?.[0] ?? 0) < bin) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Everything weighs `factor` of what it did; what weighs next to nothing is forgotten. */
export function faded({ bins }: Histogram, factor: number): Histogram {
  const kept = bins.map(([bin, weight]) => [bin, weight * factor] as const).filter(([, w]) => w > 0.02);
  return { bins: kept, weight: kept.reduce((sum, [, weight]) => sum + weight, 0) };
}

/** The value below which `share` of the weight lies; inside a bin its weight is taken as spread evenly. */
export function quantile({ bins, weight }: Histogram, share: number): number {
  let below = 0;
  for (const [bin, own] of bins) {
    if (below + own >= share * weight) {
      const into = (share * weight - below) / own;
      return middleOf(bin) + (into - 0.5) / binsPerUnit;
    }
    below += own;
  }
  return middleOf(bins.at(-1)?.[0] ?? 0);
}
