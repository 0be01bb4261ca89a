// The load generator, in a process of its own: it takes an order from its parent, sends that many deliveries and tells what
// was answered.

import autocannon from 'autocannon';
import { envelopes, payload } from './payload.ts';

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

const deliveries = payload();

async function load(order: LoadOrder): Promise<LoadResult> {
  const { body } = deliveries;
  // A few more than are sent: autocannon makes a request for each connection that it never sends.
  const ready = envelopes(order.secret, deliveries, order.amount + 2 * order.connections);
  let made = 0;
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
          const envelope = ready[made];
          if (envelope === undefined) throw new Error('bug: more requests than deliveries');
          const headers = {
            'content-type': 'application/json',
            'x-github-event': 'workflow_job',
            'x-github-delivery': envelope.guid,
            'x-hub-signature-256': envelope.signature,
          };
          const next = { ...request, headers, body: body(made) };
          made += 1;
          return next;
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
