// One seed, one course of events: what a seed showed once it shows again, on every machine.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { minutes, seconds } from '../../domain/time.ts';
import { type FaultName, faultKinds, faultNames } from './fault-kinds.ts';
import { chooseOptions, type SwarmOptions } from './options.ts';
import { runOnMemory } from './run-on-memory.ts';

/** Nearly everything breaks, each thing at the lowest of its rates, so that the world still lives. */
function everythingBreaks(seed: number): SwarmOptions {
  const names = faultNames.filter((name) => name !== 'burst');
  const lowest = (name: FaultName): number => faultKinds[name].rate[0];
  return {
    ...chooseOptions(seed),
    stormMs: minutes(10),
    servers: 1 + (seed % 3),
    runs: 4,
    width: 3,
    jobMs: [seconds(2), minutes(2)],
    // A third of them is left out, another one for each seed.
    faults: Object.fromEntries(
      names.filter((_, index) => (index + seed) % 3 > 0).map((name) => [name, lowest(name)]),
    ),
  };
}

/** A busy machine has other things to do too. */
vi.setConfig({ testTimeout: 180_000 });

const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13];

it.each(seeds)('seed %d gives the same log byte for byte', async (seed) => {
  const first: string[] = [];
  const second: string[] = [];
  const once = await runOnMemory(everythingBreaks(seed), { onLine: (line) => first.push(line) });
  const again = await runOnMemory(everythingBreaks(seed), { onLine: (line) => second.push(line) });
  expect(once.error).toBeUndefined();
  expect(first.length).toBe(once.lines);
  const parting = first.findIndex((line, index) => line !== second[index]);
  expect(second.slice(parting, parting + 3)).toEqual(first.slice(parting, parting + 3));
  expect(again).toEqual(once);
});

it('tells two seeds apart', async () => {
  const digests = [await runOnMemory(everythingBreaks(1)), await runOnMemory(everythingBreaks(2))];
  expect(new Set(digests.map(({ digest }) => digest)).size).toBe(2);
});

it('gives the same in two processes', async () => {
  const run = (): Promise<unknown[]> => inAnotherProcess(1, 2);
  const [one, other] = [await run(), await run()];
  expect(one).toHaveLength(2);
  expect(other).toEqual(one);
});

/** What a worker of `npm run sim` says of its seeds. */
async function inAnotherProcess(from: number, count: number): Promise<unknown[]> {
  const script = fileURLToPath(new URL('../../../scripts/sim.ts', import.meta.url));
  const child = spawn(process.execPath, [script, '--worker', '--from', `${from}`, '--seeds', `${count}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const results: unknown[] = [];
  for await (const line of createInterface({ input: child.stdout })) results.push(JSON.parse(line));
  return results;
}
