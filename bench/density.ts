// What one more VM costs the agent that looks after it: memory and processor time, at rest.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Load } from './density/load.ts';
import { median } from './median.ts';

export interface DensityOptions {
  say?: (line: string) => void;
}

interface Cost {
  /** Of one more VM, in KiB of the agent's resident memory. */
  rssPerVmKib: number;
  /** Share of a processor that one more VM takes of the agent. */
  cpuPerIdleVm: number;
}

/**
 * Keys: rssPerVmKib, cpuPerIdleVm and perVmGrowth of simulated VMs, real with the first two of real ones, loads with what was
 * measured. All figures are medians of three processes. `perVmGrowth` is the cost of one more VM between 100 and 1,000 against that between 10 and 100.
 */
export async function run({ say = () => {} }: DensityOptions = {}): Promise<object> {
  const [few, some, many] = await medianLoads(() => loadsOf('simulated', say));
  const [one, four] = await medianLoads(() => loadsOf('real', say));
  if (
    few === undefined ||
    some === undefined ||
    many === undefined ||
    one === undefined ||
    four === undefined
  )
    throw new Error('bug: a measurement is missing');
  const perVmGrowth = costOf(some, many).rssPerVmKib / costOf(few, some).rssPerVmKib;
  return {
    ...rounded(costOf(few, many)),
    perVmGrowth: Math.round(perVmGrowth * 100) / 100,
    real: rounded(costOf(one, four)),
    loads: [few, some, many, one, four],
  };
}

const runs = 3;

/** Of several processes: when one takes memory ahead of its need is chance. */
async function medianLoads(measure: () => Promise<readonly Load[]>): Promise<readonly Load[]> {
  const measured: (readonly Load[])[] = [];
  while (measured.length < runs) measured.push(await measure());
  const [first = []] = measured;
  return first.map(({ vms }, at) => {
    const loads = measured.flatMap((one) => one[at] ?? []);
    const rssKib = median(loads.map((load) => load.rssKib));
    return { vms, rssKib, cpuShare: median(loads.map((load) => load.cpuShare)) };
  });
}

function costOf(less: Load, more: Load): Cost {
  const vms = more.vms - less.vms;
  return {
    rssPerVmKib: (more.rssKib - less.rssKib) / vms,
    cpuPerIdleVm: (more.cpuShare - less.cpuShare) / vms,
  };
}

const rounded = ({ rssPerVmKib, cpuPerIdleVm }: Cost): Cost => ({
  rssPerVmKib: Math.round(rssPerVmKib),
  cpuPerIdleVm: Math.round(cpuPerIdleVm * 1e6) / 1e6,
});

/** In a process of its own, which holds nothing but the agent and what it looks after. */
async function loadsOf(kind: 'simulated' | 'real', say: (line: string) => void): Promise<readonly Load[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-density-'));
  const script = fileURLToPath(new URL(`density/${kind}.ts`, import.meta.url));
  try {
    const child = spawn(process.execPath, ['--expose-gc', script, folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => say(text.trimEnd()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`the measurement with ${kind} VMs ended with ${code}`);
    return JSON.parse(out.trim().split('\n').at(-1) ?? '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
