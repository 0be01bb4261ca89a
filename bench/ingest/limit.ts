// The yardstick: what the same PostgreSQL takes when nothing stands between it and the bare `pg` client. Each connection
// inserts one delivery after the other, each with its own commit, by a prepared statement.

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { payload } from './payload.ts';

const table = 'bench_limit';

/** A table like that of the deliveries: the GUID is unique, and bodies are not compressed. */
export const limitTable = `
  create table ${table} (guid text primary key, received_at bigint not null, event text not null, body bytea not null);
  alter table ${table} alter column body set storage external`;

export interface BareClients {
  /** Inserts `amount` deliveries; gives the seconds that it took. */
  insert(amount: number): Promise<number>;
  end(): Promise<void>;
}

export async function bareClients(config: pg.ClientConfig, connections: number): Promise<BareClients> {
  const { body } = payload();
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client(config);
      await client.connect();
      return client;
    }),
  );
  return {
    async insert(amount) {
      let left = amount;
      const work = async (client: pg.Client): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await client.query({
            name: 'insert',
            text: `insert into ${table} (guid, received_at, event, body) values ($1, $2, $3, $4)`,
            values: [randomUUID(), Date.now(), 'workflow_job', body(left)],
          });
        }
      };
      const begun = performance.now();
      await Promise.all(clients.map(work));
      return (performance.now() - begun) / 1000;
    },
    async end() {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
