// How long the simulation takes for its work, and whether four times the work takes more than four times as long: a piece of
// the pilot against the same days four times over, in turns, each in a process of its own.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './median.ts';
import type { Order, Played } from './replay/play.ts';

export interface ReplayOptions {
  /** How often both are measured. */
  pairs?: number;
  /** Days of the small run; the large one has four times as many. */
  days?: number;
  /** Pushes in a day, at nearly five jobs each. */
  runs?: number;
  /** Whether each process plays a day before it measures (default true). */
  warm?: boolean;
  /** Gets a line for each measurement. */
  say?: (line: string) => void;
}

/** All times are of the processor, of all threads of the process. */
export interface ReplayResult {
  /** Medians, in ms. */
  small: number;
  large: number;
  /** The median over the pairs of large / small, for exactly four times the webhooks. */
  ratio: number;
  /** Of the large run. */
  msPerThousandWebhooks: number;
  /** Bytes that a thousand webhooks leave behind, without garbage. */
  heapGrowth: number;
  webhooks: { small: number; large: number };
  jobs: { small: number; large: number };
  pairs: number;
  /** What the time is spent on: the share of each part, from a profile of one small run. */
  parts: Readonly<Record<string, number>>;
}

const times = 4;
const script = fileURLToPath(new URL('replay/play.ts', import.meta.url));

export async function run(options: ReplayOptions = {}): Promise<ReplayResult> {
  const { pairs = 5, days = 2, runs = 40, warm = true, say = () => {} } = options;
  const small: Order = { days, sameDays: days, runsPerDay: runs, profiled: false, warm };
  const large: Order = { ...small, days: days * times };
  const measured: { small: Played; large: Played }[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const order = pair % 2 === 1 ? ([small, large] as const) : ([large, small] as const);
    const [first, second] = [await play(order[0]), await play(order[1])];
    const both = order[0] === small ? { small: first, large: second } : { small: second, large: first };
    measured.push(both);
    say(`pair ${pair}: ${inWords(both.small)}; ${inWords(both.large)}; ratio ${ratioOf(both).toFixed(2)}`);
  }
  const { parts = {} } = await play({ ...small, profiled: true });
  const of = (value: (pair: { small: Played; large: Played }) => number): number =>
    median(measured.map(value));
  return {
    small: Math.round(of((pair) => pair.small.cpuMs)),
    large: Math.round(of((pair) => pair.large.cpuMs)),
    ratio: Math.round(of(ratioOf) * 1000) / 1000,
    msPerThousandWebhooks: Math.round(of((pair) => msPerWebhook(pair.large) * 1000)),
    heapGrowth: Math.round(of((pair) => growthOf(pair.large))),
    webhooks: { small: of((pair) => pair.small.webhooks), large: of((pair) => pair.large.webhooks) },
    jobs: { small: of((pair) => pair.small.jobs), large: of((pair) => pair.large.jobs) },
    pairs,
    parts,
  };
}

const msPerWebhook = ({ cpuMs, webhooks }: Played): number => cpuMs / webhooks;

const ratioOf = (pair: { small: Played; large: Played }): number =>
  (times * msPerWebhook(pair.large)) / msPerWebhook(pair.small);

function growthOf({ heap }: Played): number {
  const [first, last] = [heap[0], heap.at(-1)];
  if (first === undefined || last === undefined || first === last) return 0;
  return ((last.bytes - first.bytes) / (last.webhooks - first.webhooks)) * 1000;
}

const inWords = ({ cpuMs, webhooks }: Played): string =>
  `${webhooks} webhooks in ${(cpuMs / 1000).toFixed(1)} s`;

async function play(order: Order): Promise<Played> {
  const child = spawn(process.execPath, ['--expose-gc', script, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`a measured run ended with ${code}`);
  const played: Played = JSON.parse(output);
  if (played.outcome !== 'ok')
    throw new Error(`a measured run is worth nothing: it ended with ${played.outcome}`);
  return played;
}
