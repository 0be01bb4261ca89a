// How many webhook deliveries a second are taken durably over HTTP, against the most that the same PostgreSQL takes of
// single committed inserts by the bare `pg` client, in turns on one server. Nothing is faked but GitHub: signature, route,
// store and disk are those of production, and the load comes from another process.

import type { Log } from '../src/ports/log.ts';
import { type Ground, prepareGround } from './ingest/ground.ts';
import type { LoadResult } from './ingest/load.ts';
import { median } from './median.ts';

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
 * `perSecond`, `limitPerSecond` and `ratio` are medians over the rounds, the ratio that of the rounds' own ratios. `p99Ms` and
 * its like are the time to the answer at half of `perSecond`, coming evenly, count from when a delivery was due, and are medians
 * over as many rounds of their own.
 */
export interface IngestResult {
  perSecond: number;
  limitPerSecond: number;
  ratio: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
  /** The same of a plain server that does nothing: of the time above, this is the load generator's and the machine's. */
  plainP99Ms: number;
  rowsAdded: number;
  responses202: number;
  otherResponses: number;
  connections: number;
  rounds: number;
  /** Microseconds of processor time for a delivery, medians: over HTTP (server, load, postgres) and bare (client, barePostgres). */
  cpuMicros: Record<keyof Cpu, number>;
  durability: Record<string, string>;
}

interface Cpu {
  server: number;
  load: number;
  postgres: number;
  client: number;
  barePostgres: number;
}

type Milliseconds = LoadResult['ms'];
type Sent = LoadResult & { cpu: Pick<Cpu, 'server' | 'load' | 'postgres'> };
type Send = (order: { amount: number; rate?: number }) => Promise<Sent>;

/** What is measured runs for months: it must not be translating its own program any more. */
const warmUpAmount = 10_000;

export async function run(options: IngestOptions = {}): Promise<IngestResult> {
  const { rounds = 5, seconds = 5, connections = 32, say = () => {} } = options;
  const ground = await prepareGround(connections, loudLog(say));
  try {
    return await measure(ground, { rounds, seconds, connections, say });
  } finally {
    await ground.end();
  }
}

async function measure(ground: Ground, options: Required<IngestOptions>): Promise<IngestResult> {
  const { rounds, seconds, connections } = options;
  const counts = { rowsAdded: 0, responses202: 0, otherResponses: 0 };
  const send = async (order: { amount: number; rate?: number }): Promise<Sent> => {
    await ground.clear();
    const { result, cpu } = await withCpu(ground, order.amount, () => ground.send(order));
    const stored = result.answers['202'] ?? 0;
    const all = Object.values(result.answers).reduce((sum, count) => sum + count, 0);
    counts.rowsAdded += await ground.countDeliveries();
    counts.responses202 += stored;
    counts.otherResponses += all - stored + result.failed;
    return { ...result, cpu: { ...cpu, load: result.cpuMicros / order.amount } };
  };

  await ground.insertBare(warmUpAmount);
  const warm = await send({ amount: warmUpAmount });
  const taken = await takeAll(ground, options, send, Math.ceil((warmUpAmount * seconds) / warm.seconds));
  const perSecond = median(taken.map((round) => round.perSecond));
  const answers = await answerHalf(ground, options, send, Math.max(1, Math.floor(perSecond / 2)));
  const cpuOf = (part: keyof Cpu): number => Math.round(median(taken.map(({ cpu }) => cpu[part])));
  return {
    perSecond: Math.round(perSecond),
    limitPerSecond: Math.round(median(taken.map((round) => round.limit))),
    ratio: rounded(median(taken.map((round) => round.perSecond / round.limit))),
    p50Ms: rounded(median(answers.map(({ ms }) => ms.p50))),
    p90Ms: rounded(median(answers.map(({ ms }) => ms.p90))),
    p99Ms: rounded(median(answers.map(({ ms }) => ms.p99))),
    maxMs: rounded(median(answers.map(({ ms }) => ms.max))),
    plainP99Ms: rounded(median(answers.map(({ plain }) => plain.p99))),
    ...counts,
    connections,
    rounds,
    cpuMicros: {
      server: cpuOf('server'),
      load: cpuOf('load'),
      postgres: cpuOf('postgres'),
      client: cpuOf('client'),
      barePostgres: cpuOf('barePostgres'),
    },
    durability: ground.durability,
  };
}

interface Taken {
  perSecond: number;
  limit: number;
  cpu: Cpu;
}

/** As many as go, over HTTP and by the bare client in turns; `amount` is for the first round. */
async function takeAll(
  ground: Ground,
  { rounds, seconds, say }: Required<IngestOptions>,
  send: Send,
  amount: number,
): Promise<Taken[]> {
  const taken: Taken[] = [];
  let next = amount;
  for (let round = 1; round <= rounds; round += 1) {
    await ground.clear();
    const bare = await withCpu(ground, next, () => ground.insertBare(next));
    const limit = next / bare.result.seconds;
    const sent = await send({ amount: next });
    const perSecond = next / sent.seconds;
    const client = bare.result.cpuMicros / next;
    taken.push({ perSecond, limit, cpu: { ...sent.cpu, client, barePostgres: bare.cpu.postgres } });
    next = Math.ceil(perSecond * seconds);
    say(
      `round ${round}: ${rounded(perSecond)} deliveries/s over HTTP, ${rounded(limit)}/s by the bare client`,
    );
  }
  return taken;
}

/** How long the answer takes when `rate` come in a second, evenly; and that of a server that does nothing, in turns. */
async function answerHalf(
  ground: Ground,
  { rounds, seconds, say }: Required<IngestOptions>,
  send: Send,
  rate: number,
): Promise<{ ms: Milliseconds; plain: Milliseconds }[]> {
  const order = { amount: Math.ceil(rate * seconds), rate };
  const answers: { ms: Milliseconds; plain: Milliseconds }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const { ms: plain } = await ground.sendToPlain(order);
    const { ms } = await send(order);
    answers.push({ ms, plain });
    say(
      `round ${round} at ${rate}/s: half within ${rounded(ms.p50)} ms, 99 % within ${rounded(ms.p99)} ms; a server that does nothing ${rounded(plain.p99)} ms`,
    );
  }
  return answers;
}

/** What `work` gives, and the microseconds of processor time that it took for each of `amount` deliveries. */
async function withCpu<T>(ground: Ground, amount: number, work: () => Promise<T>) {
  const before = await ground.cpuMicros();
  const result = await work();
  const after = await ground.cpuMicros();
  const cpu = {
    server: (after.server - before.server) / amount,
    postgres: (after.postgres - before.postgres) / amount,
  };
  return { result, cpu };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Warnings and errors go where the progress goes. */
function loudLog(say: (line: string) => void): Log {
  const line = (message: string, fields?: unknown): void => say(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { debug: () => {}, info: () => {}, warn: line, error: line, with: () => log };
  return log;
}
