// Means and traffic of measured runs as sums of whole numbers, so that a run can be taken away again: each mean counts for as long
// as its run took, the traffic of each run once. Runs whose guests were too old to tell are in none of them.

import type { DurationMs } from '../time.ts';
import type { Measurement } from './measured.ts';

export interface UsedSum {
  /** How long the runs with means took. */
  meanMs: number;
  cpuPercentMs: number;
  memoryMibMs: number;
  trafficRuns: number;
  receivedBytes: number;
  sentBytes: number;
}

export const noUse: UsedSum = {
  meanMs: 0,
  cpuPercentMs: 0,
  memoryMibMs: 0,
  trafficRuns: 0,
  receivedBytes: 0,
  sentBytes: 0,
};

export const usedIn = ({ means, traffic }: Measurement, ms: DurationMs): UsedSum => ({
  ...noUse,
  ...(means !== undefined && {
    meanMs: Math.round(ms),
    cpuPercentMs: Math.round(means.cpuPercent * ms),
    memoryMibMs: Math.round(means.memoryMib * ms),
  }),
  ...(traffic !== undefined && {
    trafficRuns: 1,
    receivedBytes: Math.round(traffic.receivedBytes),
    sentBytes: Math.round(traffic.sentBytes),
  }),
});

/** @param sign -1 takes `b` away. */
export const addedUse = (a: UsedSum, b: UsedSum, sign: 1 | -1 = 1): UsedSum => ({
  meanMs: a.meanMs + sign * b.meanMs,
  cpuPercentMs: a.cpuPercentMs + sign * b.cpuPercentMs,
  memoryMibMs: a.memoryMibMs + sign * b.memoryMibMs,
  trafficRuns: a.trafficRuns + sign * b.trafficRuns,
  receivedBytes: a.receivedBytes + sign * b.receivedBytes,
  sentBytes: a.sentBytes + sign * b.sentBytes,
});

export const isSameUse = (a: UsedSum, b: UsedSum): boolean =>
  Object.values(addedUse(a, b, -1)).every((difference) => difference === 0);

/** Of the runs together, and of one run; what none of them told is absent. */
export const averageUse = (sum: UsedSum): Pick<Measurement, 'means' | 'traffic'> => ({
  ...(sum.meanMs > 0 && {
    means: { cpuPercent: sum.cpuPercentMs / sum.meanMs, memoryMib: sum.memoryMibMs / sum.meanMs },
  }),
  ...(sum.trafficRuns > 0 && {
    traffic: {
      receivedBytes: sum.receivedBytes / sum.trafficRuns,
      sentBytes: sum.sentBytes / sum.trafficRuns,
    },
  }),
});
