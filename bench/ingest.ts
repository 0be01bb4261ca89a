// How many webhook deliveries a second are taken durably over HTTP, against the most that the same PostgreSQL takes of
// single committed inserts by the bare `pg` client, in turns on one server. Nothing is faked but GitHub: signature, route,
// store and disk are those of production, and the load comes from another process.

import type { Log } from '../src/ports/log.ts';
import { type Ground, prepareGround } from './ingest/ground.ts';
import type { LoadResult } from './ingest/load.ts';

export interface IngestOptions {
  rounds?: number;
  /** About how long each measurement takes. */
  seconds?: number;
  /** Deliveries under way at the same time, and clients of the yardstick. */
  connections?: number;
  /** Gets a line for each measurement. */
  say?: (line: string) => void;
}

/**
 * `perSecond`, `limitPerSecond` and `ratio` are medians over the rounds, the ratio that of the rounds' own ratios; `p99Ms` is
 * the time to the answer at half of `perSecond`. `rowsAdded` must be `responses202`.
 */
export interface IngestResult {
  perSecond: number;
  limitPerSecond: number;
  ratio: number;
  p99Ms: number;
  p50Ms: number;
  rowsAdded: number;
  responses202: number;
  otherResponses: number;
  connections: number;
  rounds: number;
  durability: Record<string, string>;
}

const warmUpAmount = 1_000;

export async function run(options: IngestOptions = {}): Promise<IngestResult> {
  const { rounds = 5, seconds = 5, connections = 32, say = () => {} } = options;
  const ground = await prepareGround(connections, loudLog(say));
  try {
    return await measure(ground, { rounds, seconds, connections, say });
  } finally {
    await ground.end();
  }
}

async function measure(
  ground: Ground,
  { rounds, seconds, connections, say }: Required<IngestOptions>,
): Promise<IngestResult> {
  const sums = { rowsAdded: 0, responses202: 0, otherResponses: 0 };
  const send = async (order: { amount: number; rate?: number }): Promise<LoadResult> => {
    await ground.clear();
    const result = await ground.send(order);
    const stored = result.answers['202'] ?? 0;
    const all = Object.values(result.answers).reduce((sum, count) => sum + count, 0);
    sums.rowsAdded += await ground.countDeliveries();
    sums.responses202 += stored;
    sums.otherResponses += all - stored + result.failed;
    return result;
  };

  await ground.bare.insert(warmUpAmount);
  const warm = await send({ amount: warmUpAmount * 2 });
  let amount = Math.ceil((warmUpAmount * 2 * seconds) / warm.seconds);
  const taken: { perSecond: number; limit: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await ground.clear();
    const limit = amount / (await ground.bare.insert(amount));
    const perSecond = amount / (await send({ amount })).seconds;
    taken.push({ perSecond, limit });
    amount = Math.ceil(perSecond * seconds);
    say(
      `round ${round}: ${rounded(perSecond)} deliveries/s over HTTP, ${rounded(limit)}/s by the bare client`,
    );
  }
  const perSecond = median(taken.map((round) => round.perSecond));
  const rate = Math.max(1, Math.floor(perSecond / 2));
  const half = await send({ amount: Math.ceil(rate * seconds), rate });
  say(`at ${rate}/s: half within ${rounded(half.p50Ms)} ms, 99 % within ${rounded(half.p99Ms)} ms`);
  return {
    perSecond: Math.round(perSecond),
    limitPerSecond: Math.round(median(taken.map((round) => round.limit))),
    ratio: rounded(median(taken.map((round) => round.perSecond / round.limit))),
    p99Ms: rounded(half.p99Ms),
    p50Ms: rounded(half.p50Ms),
    ...sums,
    connections,
    rounds,
    durability: ground.durability,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Warnings and errors go where the progress goes. */
function loudLog(say: (line: string) => void): Log {
  const line = (message: string, fields?: unknown): void => say(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { debug: () => {}, info: () => {}, warn: line, error: line, with: () => log };
  return log;
}
