// The load generator, in a process of its own: it takes an order from its parent, sends that many deliveries and tells what
// was answered.

import autocannon from 'autocannon';
import { deliveries } from './payload.ts';

export interface LoadOrder {
  url: string;
  secret: string;
  connections: number;
  amount: number;
  /** Deliveries in a second; as many as go when it is not given. */
  rate?: number;
}

export interface LoadResult {
  seconds: number;
  /** How often each status was answered. */
  answers: Record<string, number>;
  failed: number;
  p50Ms: number;
  p99Ms: number;
}

async function load(order: LoadOrder): Promise<LoadResult> {
  const next = deliveries(order.secret);
  const answers: Record<string, number> = {};
  const times: number[] = [];
  const begun = performance.now();
  let ended = begun;
  const run = autocannon({
    url: order.url,
    connections: order.connections,
    amount: order.amount,
    ...(order.rate === undefined ? {} : { overallRate: order.rate }),
    requests: [
      {
        method: 'POST',
        setupRequest: (request) => {
          const { guid, event, signature, body } = next();
          const headers = {
            'content-type': 'application/json',
            'x-github-event': event,
            'x-github-delivery': guid,
            'x-hub-signature-256': signature,
          };
          return { ...request, headers, body };
        },
      },
    ],
  });
  run.on('response', (_client: unknown, status: number, _bytes: number, ms: number) => {
    ended = performance.now();
    answers[status] = (answers[status] ?? 0) + 1;
    times.push(ms);
  });
  const { errors, timeouts } = await run;
  times.sort((a, b) => a - b);
  const percentile = (part: number): number => times[Math.floor((times.length - 1) * part)] ?? Number.NaN;
  return {
    seconds: (ended - begun) / 1000,
    answers,
    failed: errors + timeouts,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

process.on('message', async (order: LoadOrder) => {
  process.send?.(await load(order));
});
process.send?.('ready');
