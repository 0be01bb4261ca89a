import { test as base } from 'vitest';
import type { Store, Transaction } from '../../../src/ports/store.ts';

/** Two processes on the same data. */
export interface Stores {
  a: Store;
  b: Store;
  close(): Promise<void>;
}

export type OpenStores = () => Promise<Stores>;

/** `it` with two connections to an empty store. */
export function itWith(open: OpenStores): (story: string, body: (stores: Stores) => Promise<void>) => void {
  return (story, body) =>
    base(story, async () => {
      const stores = await open();
      try {
        await body(stores);
      } finally {
        await stores.close();
      }
    });
}

/** One statement in a transaction of its own. */
export const within = <T>(store: Store, work: (tx: Transaction) => Promise<T>): Promise<T> =>
  store.transaction(work);

/** A point at which `count` parties meet; who comes again later, in a second try, passes. */
export function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    arrived += 1;
    if (arrived >= count) resolve();
    return promise;
  };
}

/** A thing that happens once: `happened` opens it, `wait` waits for it. */
export function moment(): { happened: () => void; wait: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { happened: resolve, wait: promise };
}

/** Whether `promise` is still open after other work of the same store went through `rounds` times. */
export async function isStillOpen(
  promise: Promise<unknown>,
  round: () => Promise<unknown>,
): Promise<boolean> {
  let open = true;
  const close = (): void => {
    open = false;
  };
  promise.then(close, close);
  for (let i = 0; i < 10; i += 1) await round();
  return open;
}

/** Waits until `condition` holds; the test's own time limit ends it. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
