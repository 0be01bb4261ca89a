// The highest load since boot, and the mean of the job. What the kernel tells is read here; nothing is spawned.

import { readFileSync, statfsSync } from 'node:fs';

export interface Usage {
  /** 100 is one processor at full load. */
  cpuPercentPeak: number;
  memoryMibPeak: number;
  diskMibPeak: number;
  /** From the job's start to its end, or until now; absent before, and of a job that was over at once. */
  cpuPercentMean?: number;
  memoryMibMean?: number;
  /** Over the interface of the default route, meanwhile. */
  receivedBytes?: number;
  sentBytes?: number;
}

type Peaks = Pick<Usage, 'cpuPercentPeak' | 'memoryMibPeak' | 'diskMibPeak'>;
type Traffic = Required<Pick<Usage, 'receivedBytes' | 'sentBytes'>>;

interface Look {
  atMs: number;
  busyTicks: number;
  memoryMib: number;
  traffic: Traffic | undefined;
}

export interface UsagePaths {
  procStat: string;
  procMeminfo: string;
  /** Holds `route` and `dev`. */
  procNet: string;
  /** Any path on the scratch disk. */
  scratch: string;
}

/** Ticks of /proc/stat are hundredths of a second on every architecture that Linux calls USER_HZ=100. */
const ticksPerSecond = 100;
/** Ticks are coarse: over less than a quarter of a second they say nothing. */
const shortestMs = 250;

export class UsagePeaks {
  readonly #paths: UsagePaths;
  #before: { busyTicks: number; atMs: number } | undefined;
  #peak: Peaks = { cpuPercentPeak: 0, memoryMibPeak: 0, diskMibPeak: 0 };
  readonly #job = new JobMeans();

  constructor(paths: UsagePaths) {
    this.#paths = paths;
  }

  /** Looks now; `nowMs` is the uptime. The means are of the time between the first and the last look with a job. */
  sample(nowMs: number, jobRuns: boolean): Usage {
    const busyTicks = busyTicksOf(readFileSync(this.#paths.procStat, 'latin1'));
    const before = this.#before;
    if (before === undefined || nowMs - before.atMs >= shortestMs) {
      if (before !== undefined) {
        const seconds = (nowMs - before.atMs) / 1000;
        this.#raise('cpuPercentPeak', ((busyTicks - before.busyTicks) / ticksPerSecond / seconds) * 100);
      }
      this.#before = { busyTicks, atMs: nowMs };
    }
    const memoryMib = usedMemoryMib(readFileSync(this.#paths.procMeminfo, 'latin1'));
    this.#raise('memoryMibPeak', memoryMib);
    if (jobRuns) this.#job.look({ atMs: nowMs, busyTicks, memoryMib, traffic: this.#traffic() });
    const disk = statfsSync(this.#paths.scratch);
    this.#raise('diskMibPeak', ((disk.blocks - disk.bfree) * disk.bsize) / 2 ** 20);
    return { ...this.#peak, ...this.#job.means() };
  }

  #traffic(): Traffic | undefined {
    const text = (name: string): string => readFileSync(`${this.#paths.procNet}/${name}`, 'latin1');
    return trafficOf(text('route'), text('dev'));
  }

  #raise(name: keyof Peaks, value: number): void {
    this.#peak = { ...this.#peak, [name]: Math.max(this.#peak[name], Math.round(value)) };
  }
}

class JobMeans {
  #first: Look | undefined;
  #last: Look | undefined;
  /** Memory over time. */
  #mibMs = 0;

  look(look: Look): void {
    this.#first ??= look;
    if (this.#last !== undefined) this.#mibMs += look.memoryMib * (look.atMs - this.#last.atMs);
    this.#last = look;
  }

  means(): Partial<Usage> {
    const [first, last] = [this.#first, this.#last];
    if (first === undefined || last === undefined || last.atMs - first.atMs < shortestMs) return {};
    const ms = last.atMs - first.atMs;
    const [before, now] = [first.traffic, last.traffic];
    return {
      cpuPercentMean: Math.round(((last.busyTicks - first.busyTicks) / ticksPerSecond / (ms / 1000)) * 100),
      memoryMibMean: Math.round(this.#mibMs / ms),
      ...(before !== undefined &&
        now !== undefined && {
          receivedBytes: Math.max(0, now.receivedBytes - before.receivedBytes),
          sentBytes: Math.max(0, now.sentBytes - before.sentBytes),
        }),
    };
  }
}

/**
 * proc(5): of /proc/net/route the default route has destination 0, of /proc/net/dev come receive and send, eight numbers each, the
 * bytes first. Docker's own interfaces carry the same bytes again, so only the way out counts.
 */
export function trafficOf(routes: string, devices: string): Traffic | undefined {
  const rows = routes.split('\n').map((line) => line.split('\t'));
  const uplink = rows.find(([, destination]) => destination === '00000000')?.[0];
  const line = devices.split('\n').find((one) => one.split(':')[0]?.trim() === uplink);
  const numbers = line?.split(':')[1]?.trim().split(/ +/).map(Number);
  return numbers && { receivedBytes: numbers[0] ?? 0, sentBytes: numbers[8] ?? 0 };
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
