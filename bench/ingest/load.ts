// The load generator, in a process of its own: it takes an order from its parent, sends that many deliveries and tells what
// was answered.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import autocannon from 'autocannon';
import { evenPace } from './pace.ts';
import { envelopes, payload } from './payload.ts';
import { requestBuffer } from './requests.ts';

export interface LoadOrder {
  url: string;
  secret: string;
  connections: number;
  amount: number;
  /** Deliveries in a second, evenly; as many as go when it is not given. */
  rate?: number;
}

export interface LoadResult {
  seconds: number;
  /** How often each status was answered. */
  answers: Record<string, number>;
  failed: number;
  /** Milliseconds to the answer, by percentile; from when a delivery was due if they were to come evenly. */
  ms: { p50: number; p90: number; p99: number; max: number };
  /** Processor time of the generator while it sent. */
  cpuMicros: number;
}

const deliveries = payload();
setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

async function load({ url, secret, connections, amount, rate }: LoadOrder): Promise<LoadResult> {
  const ready = envelopes(secret, deliveries, amount);
  let made = 0;
  const answers: Record<string, number> = {};
  const times = new Float64Array(amount);
  let answered = 0;
  // What was made for this run and what is left of the one before must not be looked through while it is measured.
  gc();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let ended = begun;
  const pace = rate === undefined ? undefined : evenPace(rate, connections);
  const run = autocannon({
    url,
    connections,
    amount,
    setupClient: (client) => {
      const request = requestBuffer(url, deliveries, ready);
      client.getRequestBuffer = () => {
        if (made >= amount) throw new Error('bug: more requests than deliveries');
        made += 1;
        return request(made - 1);
      };
      pace?.hold(client);
    },
  });
  run.on('response', (client: autocannon.Client, status: number, _bytes: number, ms: number) => {
    ended = performance.now();
    answers[status] = (answers[status] ?? 0) + 1;
    times[answered] = pace === undefined ? ms : ended - pace.dueAt(client);
    answered += 1;
  });
  const { errors, timeouts } = await run;
  pace?.end();
  const { user, system } = process.cpuUsage(cpu);
  const sorted = times.subarray(0, answered).sort();
  const percentile = (part: number): number => sorted[Math.floor((answered - 1) * part)] ?? Number.NaN;
  return {
    seconds: (ended - begun) / 1000,
    answers,
    failed: errors + timeouts,
    ms: { p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99), max: percentile(1) },
    cpuMicros: user + system,
  };
}

process.on('message', async (order: LoadOrder) => {
  process.send?.(await load(order));
});
process.send?.('ready');
