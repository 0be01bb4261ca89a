// Processor time, which tells what a delivery costs also on a machine that has other work. Source: proc(5).

import { readdir, readFile } from 'node:fs/promises';

/** What `/proc` counts in, on every Linux that Node runs on. */
const microsPerTick = 10_000;

interface Stat {
  parent: number;
  /** Used by the process itself. */
  own: number;
  /** Used by children that have ended. */
  ended: number;
}

/** Microseconds that a process and its children have used since they began; `NaN` where there is no `/proc`. */
export async function cpuMicrosOf(pid: number): Promise<number> {
  const root = await statOf(String(pid));
  if (root === undefined) return Number.NaN;
  let ticks = root.own + root.ended;
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) ? await statOf(name) : undefined;
    if (stat?.parent === pid) ticks += stat.own + stat.ended;
  }
  return ticks * microsPerTick;
}

async function statOf(pid: string): Promise<Stat | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program stands in brackets and may hold anything.
    const [, parent, ...rest] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = rest.slice(9);
    return { parent: parent ?? 0, own: user + system, ended: childrenUser + childrenSystem };
  } catch {
    // It has ended, or this is no Linux.
    return undefined;
  }
}
