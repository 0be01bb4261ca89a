// The yardstick, in a process of its own like all that is measured: what the same PostgreSQL takes when nothing stands between
// it and the bare `pg` client. Each connection inserts one delivery after the other, each with its own commit, by a prepared
// statement.

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { eventName, payload } from './payload.ts';

export interface LimitOrder {
  config: pg.ClientConfig;
  connections: number;
  /** Deliveries to insert. */
  amount: number;
}

export interface LimitResult {
  seconds: number;
  /** Processor time of the client. */
  cpuMicros: number;
}

const { body } = payload();
let clients: Promise<pg.Client[]> | undefined;

async function insert({ config, connections, amount }: LimitOrder): Promise<LimitResult> {
  clients ??= connect(config, connections);
  const connected = await clients;
  let left = amount;
  const work = async (client: pg.Client): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await client.query({
        name: 'insert',
        text: 'insert into bench_limit (guid, received_at, event, body) values ($1, $2, $3, $4)',
        values: [randomUUID(), Date.now(), eventName, body(left)],
      });
    }
  };
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await Promise.all(connected.map(work));
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuMicros: user + system };
}

const connect = (config: pg.ClientConfig, connections: number): Promise<pg.Client[]> =>
  Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client(config);
      await client.connect();
      return client;
    }),
  );

process.on('message', async (order: LimitOrder) => {
  process.send?.(await insert(order));
});
process.send?.('ready');
