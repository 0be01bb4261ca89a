// Metrics as values: what is measured under one name. How they are written down is an adapter's business.

export type Labels = Readonly<Record<string, string>>;

export interface Family {
  name: string;
  /** One sentence. */
  help: string;
  kind: 'gauge' | 'counter' | 'histogram';
  samples: readonly Sample[];
}

export type Sample = { labels: Labels; value: number } | { labels: Labels; histogram: Histogram };

export interface Histogram {
  /** How many fell into each bucket of `bucketsOf`, and at last those beyond all; not summed up. */
  counts: readonly number[];
  sum: number;
}

/** Upper ends of the buckets of every duration, in seconds: a boot takes less than one, a job may take hours. */
export const durationBuckets: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 21_600,
];

export const emptyHistogram: Histogram = { counts: durationBuckets.map(() => 0).concat(0), sum: 0 };

export function observed({ counts, sum }: Histogram, seconds: number): Histogram {
  const found = durationBuckets.findIndex((end) => seconds <= end);
  const bucket = found === -1 ? durationBuckets.length : found;
  return { counts: counts.map((count, index) => (index === bucket ? count + 1 : count)), sum: sum + seconds };
}

export const countOf = ({ counts }: Histogram): number => counts.reduce((sum, count) => sum + count, 0);

export const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  kind: 'gauge',
  samples,
});
export const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  kind: 'counter',
  samples,
});
