// The highest load since boot. What the kernel tells is read here; nothing is spawned.

import { readFileSync, statfsSync } from 'node:fs';

export interface Usage {
  /** 100 is one processor at full load. */
  cpuPercentPeak: number;
  memoryMibPeak: number;
  diskMibPeak: number;
}

export interface UsagePaths {
  procStat: string;
  procMeminfo: string;
  /** Any path on the scratch disk. */
  scratch: string;
}

/** Ticks of /proc/stat are hundredths of a second on every architecture that Linux calls USER_HZ=100. */
const ticksPerSecond = 100;

export class UsagePeaks {
  readonly #paths: UsagePaths;
  #before: { busyTicks: number; atMs: number } | undefined;
  #peak: Usage = { cpuPercentPeak: 0, memoryMibPeak: 0, diskMibPeak: 0 };

  constructor(paths: UsagePaths) {
    this.#paths = paths;
  }

  /** Looks now; `nowMs` is the uptime. Gives the peaks so far. */
  sample(nowMs: number): Usage {
    const busyTicks = busyTicksOf(readFileSync(this.#paths.procStat, 'latin1'));
    const before = this.#before;
    // Ticks are coarse: over less than a quarter of a second they say nothing.
    if (before === undefined || nowMs - before.atMs >= 250) {
      if (before !== undefined) {
        const seconds = (nowMs - before.atMs) / 1000;
        this.#raise('cpuPercentPeak', ((busyTicks - before.busyTicks) / ticksPerSecond / seconds) * 100);
      }
      this.#before = { busyTicks, atMs: nowMs };
    }
    this.#raise('memoryMibPeak', usedMemoryMib(readFileSync(this.#paths.procMeminfo, 'latin1')));
    const disk = statfsSync(this.#paths.scratch);
    this.#raise('diskMibPeak', ((disk.blocks - disk.bfree) * disk.bsize) / 2 ** 20);
    return { ...this.#peak };
  }

  #raise(name: keyof Usage, value: number): void {
    this.#peak = { ...this.#peak, [name]: Math.max(this.#peak[name], Math.round(value)) };
  }
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal … (proc(5)). */
export function busyTicksOf(procStat: string): number {
  const fields = procStat.slice(0, procStat.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields;
  return user + nice + system + irq + softirq;
}

export function usedMemoryMib(meminfo: string): number {
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0);
  return (kib('MemTotal') - kib('MemAvailable')) / 1024;
}
