// A real PostgreSQL as the database of a simulated world. Time there is virtual and queries take real time: the clock stands
// still until no call is under way and who is to be woken has been woken.

import { join } from 'node:path';
import { openPostgresStore, type PostgresStore } from '../../src/adapters/store-postgres/postgres-store.ts';
import { silentLog } from '../../src/ports/log.ts';
import { Secret } from '../../src/ports/secret.ts';
import type { Store, Transaction, WakeChannel } from '../../src/ports/store.ts';
import type { MortalStore } from '../../src/sim/world/observed-store.ts';
import type { RestorableDatabase } from '../../src/sim/world/world.ts';
import type { TestServer } from './postgres-servers.ts';

/** A hint may be lost, so nobody waits for one for longer (ms, of real time). */
const longestWakeMs = 200;

/** A backup is the name of a file. */
export class PostgresWorld implements RestorableDatabase<string> {
  readonly #server: TestServer;
  readonly #connections = new Set<Connection>();
  /** Connections that are being cut, and backups that are made or read in. */
  readonly #pending = new Set<Promise<unknown>>();
  #opened = 0;
  #backups = 0;

  constructor(server: TestServer) {
    this.#server = server;
  }

  connect(): MortalStore {
    this.#opened += 1;
    const name = `simulated-${this.#opened}`;
    const connection = new Connection(this.#open(name), (channel) => {
      for (const other of this.#connections) if (other !== connection) other.expect(channel);
    });
    this.#connections.add(connection);
    return connection.store(() => {
      this.#connections.delete(connection);
      void this.#pend(this.#terminate(name, connection));
    });
  }

  async settled(): Promise<void> {
    while (this.#pending.size > 0 || [...this.#connections].some(({ isBusy }) => isBusy))
      await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** As an operator makes it, while everything runs. */
  snapshot(): Promise<string> {
    this.#backups += 1;
    const file = join(this.#server.folder, '..', `backup-${this.#backups}.dump`);
    return this.#pend(this.#server.dump(file).then(() => file));
  }

  /** Reads it in once nobody is connected any more but the observer. Without a new name the data keeps that of the backup. */
  restore(file: string, { epoch }: { epoch?: string } = {}): Promise<void> {
    const cut = Promise.all(this.#pending);
    const readIn = async (): Promise<void> => {
      await cut;
      await this.#server.restore(file);
      if (epoch !== undefined) await this.#server.query(`update meta set epoch = '${epoch}'`);
    };
    return this.#pend(readIn());
  }

  #pend<T>(work: Promise<T>): Promise<T> {
    const pending = work.finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    return pending;
  }

  /** Every connection of one process has its name, so that all can be cut when it dies. */
  #open(name: string): Promise<PostgresStore> {
    const { connection } = this.#server;
    if ('url' in connection) throw new Error('bug: a server of the tests has parts');
    const { host, port, user, database, password } = connection;
    const where = new URLSearchParams({
      host,
      port: `${port}`,
      application_name: name,
      // The machine does not lose its power here, and a commit need not wait for the disk.
      options: '-c synchronous_commit=off',
    });
    const url = new Secret(
      `postgres://${user}:${encodeURIComponent(password.reveal())}@/${database}?${where}`,
    );
    return openPostgresStore({ connection: { url }, log: silentLog, maxConnections: 6 });
  }

  /** As its kernel does it for a process that died: the server rolls back what was open. */
  async #terminate(name: string, connection: Connection): Promise<void> {
    await connection.opened;
    // Closing takes what is left of its own code out of the way, or it would connect again; how it ends is of no interest.
    connection.close().catch(() => {});
    await this.#server.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = '${name}'`,
    );
  }

  /** Ends what still lives, once the world is no more. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.close()));
    await this.settled();
  }
}

/** What one process has open. */
class Connection {
  readonly opened: Promise<PostgresStore>;
  readonly #tellOthers: (channel: WakeChannel) => void;
  readonly #listening = new Map<WakeChannel, number>();
  /** Channels on which somebody else said something that did not arrive here yet, with the end of our patience. */
  readonly #expected = new Map<WakeChannel, number>();
  #underWay = 0;
  #isDead = false;

  constructor(opened: Promise<PostgresStore>, tellOthers: (channel: WakeChannel) => void) {
    this.opened = opened;
    this.#tellOthers = tellOthers;
  }

  get isBusy(): boolean {
    const now = Date.now();
    return this.#underWay > 0 || [...this.#expected.values()].some((end) => end > now);
  }

  expect(channel: WakeChannel): void {
    if (this.#listening.has(channel)) this.#expected.set(channel, Date.now() + longestWakeMs);
  }

  async close(): Promise<void> {
    await (await this.opened).close();
  }

  store(terminate: () => void): MortalStore {
    const call = <T>(work: (store: PostgresStore) => Promise<T>): Promise<T> => this.#call(work);
    return {
      transaction: <T>(work: (tx: Transaction) => Promise<T>) =>
        call(async (store) => {
          const said = new Set<WakeChannel>();
          const value = await store.transaction((tx) => work(noting(tx, said)));
          for (const channel of said) this.#tellOthers(channel);
          return value;
        }),
      keepDelivery: (delivery) =>
        call(async (store) => {
          const outcome = await store.keepDelivery(delivery);
          if (outcome === 'stored') this.#tellOthers('deliveries');
          return outcome;
        }),
      epoch: () => call((store) => store.epoch()),
      onWake: (channel, listener) => this.#onWake(channel, listener),
      // Nobody in the simulation shows what changes.
      onChange: () => ({ stop() {} }),
      close: () => this.close(),
      crash: () => {
        this.#isDead = true;
        terminate();
      },
    };
  }

  /** A dead process's calls never settle. */
  async #call<T>(work: (store: PostgresStore) => Promise<T>): Promise<T> {
    if (this.#isDead) return never();
    this.#underWay += 1;
    try {
      const value = await work(await this.opened);
      return this.#isDead ? never() : value;
    } catch (error) {
      if (this.#isDead) return never();
      throw error;
    } finally {
      this.#underWay -= 1;
    }
  }

  #onWake(channel: WakeChannel, listener: () => void): ReturnType<Store['onWake']> {
    let stopped = false;
    let inner: ReturnType<Store['onWake']> | undefined;
    this.#listening.set(channel, (this.#listening.get(channel) ?? 0) + 1);
    void this.opened.then((store) => {
      if (stopped) return;
      inner = store.onWake(channel, () => {
        this.#expected.delete(channel);
        if (!this.#isDead) listener();
      });
    });
    return {
      stop: () => {
        stopped = true;
        inner?.stop();
        const left = (this.#listening.get(channel) ?? 1) - 1;
        if (left > 0) this.#listening.set(channel, left);
        else this.#listening.delete(channel);
      },
    };
  }
}

const noting = (tx: Transaction, said: Set<WakeChannel>): Transaction => ({
  ...tx,
  wake(channel) {
    said.add(channel);
    tx.wake(channel);
  },
});

const never = (): Promise<never> => new Promise<never>(() => {});
