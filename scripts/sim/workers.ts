// Seeds on all processors. Each worker is a process of its own, so that a seed that never ends, or ends its process, is
// found and named.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chooseOptions, type SwarmOptions } from '../../src/sim/swarm/options.ts';
import { crashedSeed, runOnMemory } from '../../src/sim/swarm/run-on-memory.ts';
import type { SeedResult } from '../../src/sim/swarm/run-seed.ts';
import { orEscape } from './escapes.ts';
import { processorTimeOf } from './processor-time.ts';

const script = fileURLToPath(new URL('../sim.ts', import.meta.url));
const seedsAtOnce = 10;
/** Of processor time: no seed takes so long, and what does is going round in circles. A burst takes two minutes. */
const longestSeedMs = 300_000;
const lookEveryMs = 5_000;

/** One run; an error that nobody in it catches is its outcome. */
export const runGuarded = (
  options: SwarmOptions,
  more: Parameters<typeof runOnMemory>[1] = {},
): Promise<SeedResult> =>
  orEscape(
    () => runOnMemory(options, more),
    (error) => crashedSeed(options, error),
  );

/** The worker's side: one JSON line for each seed. */
export async function work(from: number, count: number): Promise<number> {
  for (let seed = from; seed < from + count; seed += 1) {
    const result = await runGuarded(chooseOptions(seed));
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  return 0;
}

export async function runInWorkers(
  from: number,
  count: number,
  onResult: (result: SeedResult) => void,
): Promise<void> {
  const end = from + count;
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < end) {
      const first = next;
      const last = Math.min(end, first + seedsAtOnce);
      next = last;
      for (let seed = first; seed < last; ) seed = await runOne(seed, last - seed, onResult);
    }
  };
  const lanes = Array.from({ length: Math.min(availableParallelism(), count) }, lane);
  await Promise.all(lanes);
}

/** @returns the first seed that is still to be run: a worker that died has not run all of its own. */
async function runOne(from: number, count: number, onResult: (result: SeedResult) => void): Promise<number> {
  const child = spawn(process.execPath, [script, '--worker', '--from', `${from}`, '--seeds', `${count}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seed = from;
  let isLate = false;
  let begunAtMs = 0;
  const look = async (): Promise<void> => {
    const workedMs = child.pid === undefined ? undefined : await processorTimeOf(child.pid);
    isLate ||= workedMs !== undefined && workedMs - begunAtMs > longestSeedMs;
    if (isLate) child.kill('SIGKILL');
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  for await (const line of createInterface({ input: child.stdout })) {
    onResult(JSON.parse(line) as SeedResult);
    seed += 1;
    begunAtMs = (child.pid === undefined ? undefined : await processorTimeOf(child.pid)) ?? begunAtMs;
  }
  clearInterval(timer);
  const codeOrSignal = await ended;
  if (seed === from + count) return seed;
  const why = isLate ? 'it did not end' : `its process ended with ${codeOrSignal} before it was done`;
  onResult(crashedSeed(chooseOptions(seed), new Error(why)));
  return seed + 1;
}
