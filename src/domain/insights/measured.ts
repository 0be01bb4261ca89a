// What a job used of its VM, as its guest measured it. The guest is root in its VM and may lie; what it tells is bounded by
// what the VM had, so that a lie reaches no further than the advice on that guest's own job.

import { type VmShape, vcpusOf } from '../scheduling/shape.ts';

/** What a VM is given. */
export type Size = Pick<VmShape, 'milliCpus' | 'memoryMib' | 'diskGib'>;

/** The highest since the VM's boot. */
export interface Peaks {
  /** 100 is one processor at full load. */
  cpuPercent: number;
  memoryMib: number;
  diskMib: number;
}

/** From the job's start to its end. */
export interface Means {
  cpuPercent: number;
  memoryMib: number;
}

/** Over the VM's way out, meanwhile. */
export interface Traffic {
  receivedBytes: number;
  sentBytes: number;
}

export interface Measurement {
  peaks: Peaks;
  /** Absent where the guest is too old to tell; of several runs together, and of one run. */
  means?: Means;
  traffic?: Traffic;
  /** The size of the VM. */
  had: Size;
}

export const noPeaks: Peaks = { cpuPercent: 0, memoryMib: 0, diskMib: 0 };

const mibInGib = 1024;
/** A petabyte: no job moves it. */
const mostBytes = 2 ** 50;

export function boundedPeaks(told: Peaks, shape: Size): Peaks {
  return {
    cpuPercent: within(told.cpuPercent, vcpusOf(shape) * 100),
    memoryMib: within(told.memoryMib, shape.memoryMib),
    diskMib: within(told.diskMib, shape.diskGib * mibInGib),
  };
}

/** A mean is at most what was measured at most. */
export const boundedMeans = (told: Means, peaks: Peaks): Means => ({
  cpuPercent: within(told.cpuPercent, peaks.cpuPercent),
  memoryMib: within(told.memoryMib, peaks.memoryMib),
});

export const boundedTraffic = ({ receivedBytes, sentBytes }: Traffic): Traffic => ({
  receivedBytes: within(receivedBytes, mostBytes),
  sentBytes: within(sentBytes, mostBytes),
});

const within = (value: number, most: number): number =>
  Number.isFinite(value) ? Math.ceil(Math.min(Math.max(0, value), most)) : most;

export const highest = (a: Peaks, b: Peaks): Peaks => ({
  cpuPercent: Math.max(a.cpuPercent, b.cpuPercent),
  memoryMib: Math.max(a.memoryMib, b.memoryMib),
  diskMib: Math.max(a.diskMib, b.diskMib),
});

/** What is known of a VM once more was told: the highest of all, and the latest means and traffic. */
export const joined = (before: Measurement | undefined, told: Measurement): Measurement =>
  before === undefined ? told : { ...before, ...told, peaks: highest(before.peaks, told.peaks) };
