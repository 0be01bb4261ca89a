// A process that takes an order as a message and answers it with a result, one after the other.

import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface Worker<Order extends object, Result> {
  ask(order: Order): Promise<Result>;
  end(): Promise<void>;
}

/** Starts `file`, which must send a message when it is ready. */
export async function startWorker<Order extends object, Result>(file: URL): Promise<Worker<Order, Result>> {
  const child = fork(file, { execArgv: [] });
  await once(child, 'message');
  return {
    async ask(order) {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const died = (code: number | null): void => reject(new Error(`${file.pathname} ended (${code})`));
      child.once('message', (result: Result) => resolve(result));
      child.once('exit', died);
      child.send(order);
      try {
        return await promise;
      } finally {
        child.off('exit', died);
      }
    },
    async end() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
