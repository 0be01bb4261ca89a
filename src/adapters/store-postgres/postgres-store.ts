// The store of production: PostgreSQL 15 or newer, the embedded one or the operator's.

import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Instant } from '../../domain/time.ts';
import type { Log } from '../../ports/log.ts';
import {
  type Change,
  type Store,
  StoreUnavailableError,
  type Transaction,
  type WakeChannel,
} from '../../ports/store.ts';
import { apiTokenTable, auditTable, personTable, sessionTable } from './access-tables.ts';
import { attributionTable } from './attribution-table.ts';
import { changeKey } from './change-payload.ts';
import { clientConfig, openPool, type PostgresConnection, placeOf } from './connection.ts';
import type { Db } from './db.ts';
import { deliveryTable } from './delivery-table.ts';
import { createDeliveryWriter, type DeliveryWriterLimits } from './delivery-writer.ts';
import { classified, isMissingPartition, isRetryable } from './errors.ts';
import { lockNumber } from './hashes.ts';
import { hostTable } from './host-table.ts';
import { insightTable } from './insight-table.ts';
import { type SaidOfJobs, writeInsights } from './insight-writer.ts';
import { jobTable } from './job-table.ts';
import { metricTable } from './metric-table.ts';
import { migrate } from './migrate.ts';
import { noticeTable } from './notice-table.ts';
import { createPartitions, dropBefore, type Partitions, partitionOf } from './partitions.ts';
import { loopTable, repairTable } from './repair-tables.ts';
import { budgetTable, enrolmentTable, historyTable, sealedTable } from './small-tables.ts';
import { storeBatchWith } from './store-batch.ts';
import type { Tables } from './tables.ts';
import { taskTable } from './task-table.ts';
import { vitalsTable } from './vitals-table.ts';
import { vmTable } from './vm-table.ts';
import { openWakes } from './wakes.ts';

export interface PostgresStore extends Store {
  /** Makes the partitions of `now` and of the next day and month, so that no write has to. */
  prepare(now: Instant): Promise<void>;
  /**
   * Drops whole days of deliveries and months of history that ended before these times; days with unread deliveries stay.
   * Repairs and the audit log are kept as long as history.
   * A delivery that is dropped is no longer known as a duplicate: GitHub redelivers within three days.
   */
  retain(before: { deliveries: Instant; history: Instant }): Promise<{ dropped: readonly string[] }>;
}

export interface PostgresStoreOptions {
  connection: PostgresConnection;
  log: Log;
  /** Connections for transactions; three more are used, two for deliveries and one for listening. */
  maxConnections?: number;
}

/** How often a transaction is tried in all. */
const tries = 10;

const deliveryLimits: DeliveryWriterLimits = {
  writers: 2,
  // With fewer, the two would share what comes, and there would be more to do for the same rows.
  besideRows: 20,
  batchRows: 128,
  batchBytes: 4 * 1024 * 1024,
  waitingRows: 5_000,
  waitingBytes: 128 * 1024 * 1024,
};

/**
 * Connects and brings the tables up to date.
 * @throws StoreUnavailableError when the server cannot be reached.
 * @throws Error in words for the operator when it is too old or was used by a newer Bellows.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { connection, log, maxConnections = 10 } = options;
  const place = placeOf(connection);
  const pool = openPool(connection, 'transactions', maxConnections);
  const deliveryPool = openPool(connection, 'deliveries', deliveryLimits.writers);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db, place);
    const wakes = await openWakes(clientConfig(connection, 'wakes'), log);
    return storeOn({ db, place, wakes, deliveryPool });
  } catch (error) {
    await Promise.all([pool.end(), deliveryPool.end()]);
    throw classified(error, place);
  }
}

interface Parts {
  db: Kysely<Tables>;
  place: string;
  wakes: Awaited<ReturnType<typeof openWakes>>;
  deliveryPool: ReturnType<typeof openPool>;
}

function storeOn({ db, place, wakes, deliveryPool }: Parts): PostgresStore {
  const partitions = createPartitions();
  const writer = createDeliveryWriter(storeBatchWith(deliveryPool, db, partitions, place), deliveryLimits);
  let closed: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    await writer.close();
    await wakes.close();
    await Promise.all([db.destroy(), deliveryPool.end()]);
  };

  return {
    async transaction(work) {
      if (closed !== undefined) throw new StoreUnavailableError('the store is closed');
      for (let tried = 1; ; tried += 1) {
        try {
          const said = new Set<WakeChannel>();
          const changes = new Map<string, Change>();
          const result = await db
            .transaction()
            .setIsolationLevel('read committed')
            .execute(async (tx) => {
              const insights: SaidOfJobs = { jobs: new Map(), measured: new Map() };
              const given = await work(transactionOn(tx, partitions, { said, changes, insights }));
              await writeInsights(tx, insights);
              return given;
            });
          wakes.announce(said, [...changes.values()]);
          return result;
        } catch (error) {
          if (isMissingPartition(error)) partitions.forget();
          if (!isRetryable(error) || tried >= tries) throw classified(error, place);
        }
      }
    },
    async keepDelivery(delivery) {
      const outcome = await writer.keep(delivery);
      if (outcome === 'stored') wakes.announce(new Set(['deliveries']));
      return outcome;
    },
    onWake: (channel, listener) => wakes.on(channel, listener),
    onChange: (listener) => wakes.onChange(listener),
    async epoch() {
      const { epoch } = await db.selectFrom('meta').select('epoch').executeTakeFirstOrThrow();
      return epoch;
    },
    close: () => (closed ??= close()),
    async prepare(now) {
      await db.transaction().execute(async (tx) => {
        for (const table of ['deliveries', 'history'] as const) {
          await partitions.provide(tx, table, [now, partitionOf(table, now).to]);
        }
      });
    },
    async retain(before) {
      const deliveries = await dropBefore(db, 'deliveries', before.deliveries);
      const history = await dropBefore(db, 'history', before.history);
      await db.deleteFrom('repairs').where('at', '<', before.history).execute();
      await db.deleteFrom('audit').where('at', '<', before.history).execute();
      return { dropped: [...deliveries, ...history] };
    },
  };
}

/** What a transaction says to others once it is committed. */
interface Said {
  said: Set<WakeChannel>;
  changes: Map<string, Change>;
  /** To be written before the commit. */
  insights: SaidOfJobs;
}

function transactionOn(tx: Db, partitions: Partitions, { said, changes, insights }: Said): Transaction {
  const note = (change: Change): void => void changes.set(changeKey(change), change);
  return {
    deliveries: deliveryTable(tx),
    jobs: jobTable(tx, note),
    vms: vmTable(tx, note),
    hosts: hostTable(tx, note),
    tasks: taskTable(tx),
    history: historyTable(tx, partitions),
    sealed: sealedTable(tx),
    budget: budgetTable(tx),
    enrolments: enrolmentTable(tx),
    repairs: repairTable(tx, note),
    loops: loopTable(tx),
    people: personTable(tx),
    sessions: sessionTable(tx),
    apiTokens: apiTokenTable(tx),
    audit: auditTable(tx),
    insights: insightTable(tx, insights),
    metrics: metricTable(tx),
    attribution: attributionTable(tx, note),
    vitals: vitalsTable(tx),
    notices: noticeTable(tx),
    async lock(name) {
      await sql`select pg_advisory_xact_lock(${lockNumber(name)}::bigint)`.execute(tx);
    },
    wake: (channel) => void said.add(channel),
  };
}
