// Which size would do for a job, by what its runs used at most. The advice never goes below what was measured and room beside
// it, never adds anything, and keeps silent where too few runs were measured.

import { defaultLabelPolicy, parseLabel, type SizeLabel } from '../labels/parse-label.ts';
import type { Peaks, Size } from './measured.ts';

/** Runs that must have been measured before anything is said. */
export const leastRuns = 5;
/** A quarter more than ever was used, and at least half a gibibyte of memory and two of disk. */
const headroom = 1.25;
const leastSpareMib = 512;
const leastSpareDiskMib = 2_048;
const mibInGib = 1024;

export interface Advice {
  size: Size;
  /** What each run would leave to others. */
  frees: Size;
}

/** Undefined: what it has is right, or not enough is known. */
export function adviceFor(has: Size, peaks: Peaks, runs: number): Advice | undefined {
  if (runs < leastRuns) return undefined;
  const size: Size = {
    milliCpus: Math.min(has.milliCpus, roundUp(peaks.cpuPercent * 10 * headroom, 1_000)),
    memoryMib: Math.min(has.memoryMib, roundUp(spared(peaks.memoryMib, leastSpareMib), mibInGib)),
    diskGib: Math.min(has.diskGib, Math.ceil(spared(peaks.diskMib, leastSpareDiskMib) / mibInGib)),
  };
  const frees = {
    milliCpus: has.milliCpus - size.milliCpus,
    memoryMib: has.memoryMib - size.memoryMib,
    diskGib: has.diskGib - size.diskGib,
  };
  // Sparse disk costs a host next to nothing, so that alone is no reason to edit a workflow.
  return frees.milliCpus > 0 || frees.memoryMib > 0 ? { size, frees } : undefined;
}

const spared = (peak: number, least: number): number => Math.max(peak * headroom, peak + least);

/** To whole steps, one at least. */
const roundUp = (value: number, step: number): number => Math.max(1, Math.ceil(value / step)) * step;

/**
 * The label among those of a job that asks for a size, with its prefix. Prefixes are configuration and may have changed since
 * the job ran, so each beginning that ends with a hyphen is tried, the shortest first.
 */
export function sizeAmong(
  labels: readonly string[],
): { label: string; prefix: string; size: SizeLabel } | undefined {
  for (const label of labels) {
    for (let end = label.indexOf('-'); end >= 0; end = label.indexOf('-', end + 1)) {
      const prefix = label.slice(0, end + 1);
      const parsed = parseLabel(label, { ...defaultLabelPolicy, prefixes: [prefix] });
      if (parsed.kind === 'size') return { label, prefix, size: parsed.size };
    }
  }
  return undefined;
}

/** The label that asks for it, with the prefix and the extras of the one that was asked for. */
export function labelFor(prefix: string, { arch, diskGib, burstable }: SizeLabel, size: Size): string {
  const parts = [
    ...(arch === undefined ? [] : [arch]),
    `${size.milliCpus / 1_000}cpu`,
    `${size.memoryMib / mibInGib}gb`,
    ...(diskGib === undefined ? [] : [`${size.diskGib}gb-disk`]),
    ...(burstable ? ['burstable'] : []),
  ];
  return `${prefix}${parts.join('-')}`;
}
