// The load generator, in a process of its own: it takes an order from its parent, sends that many deliveries and tells what
// was answered.

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

async function load({ url, secret, connections, amount, rate }: LoadOrder): Promise<LoadResult> {
  const ready = envelopes(secret, deliveries, amount);
  let made = 0;
  const answers: Record<string, number> = {};
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let ended = begun;
  const pace = rate === undefined ? undefined : evenPace(rate);
  const run = autocannon({
    url,
    connections,
    amount,
    setupClient: (client) => {
      const request = requestBuffer(url, deliveries);
      client.getRequestBuffer = () => {
        const envelope = ready[made];
        if (envelope === undefined) throw new Error('bug: more requests than deliveries');
        made += 1;
        return request(made - 1, envelope);
      };
      pace?.hold(client);
    },
  });
  run.on('response', (client: autocannon.Client, status: number, _bytes: number, ms: number) => {
    ended = performance.now();
    answers[status] = (answers[status] ?? 0) + 1;
    times.push(pace === undefined ? ms : ended - pace.dueAt(client));
  });
  const { errors, timeouts } = await run;
  pace?.end();
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const percentile = (part: number): number => times[Math.floor((times.length - 1) * part)] ?? Number.NaN;
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
