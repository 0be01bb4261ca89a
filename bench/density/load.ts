// What one process takes at rest.

export interface Load {
  vms: number;
  /** Resident memory after everything that is not needed was collected, in KiB. */
  rssKib: number;
  /** Of a processor. */
  cpuShare: number;
}

const restMs = 2000;
const lookMs = 10_000;

/** Collects, waits until the process has come to rest, and looks at it for ten seconds. Needs `--expose-gc`. */
export async function loadWith(vms: number, collect: () => void): Promise<Load> {
  for (let round = 0; round < 3; round++) {
    collect();
    await pause(restMs / 3);
  }
  const rssKib = Math.round(process.memoryUsage.rss() / 1024);
  const before = process.cpuUsage();
  await pause(lookMs);
  const { user, system } = process.cpuUsage(before);
  return { vms, rssKib, cpuShare: (user + system) / 1000 / lookMs };
}

/**
 * Collects what nobody needs any more and gives the pages back. An ordinary full collection keeps pages for what may come, more
 * of them the more was allocated, so that resident memory tells little of what is held.
 * @throws when Node was not started with `--expose-gc`.
 */
export function collector(): () => void {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('bug: this program is started with --expose-gc');
  return () => void gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
