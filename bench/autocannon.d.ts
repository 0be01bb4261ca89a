// What we use of autocannon, which has no types of its own.

declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  namespace autocannon {
    /** One connection; what we override of it is its own, and not promised. */
    interface Client {
      getRequestBuffer: () => Buffer;
      _doRequest: () => void;
      /** Requests sent, and how many it may send. */
      readonly reqsMade: number;
      readonly responseMax: number;
    }

    interface Options {
      url: string;
      connections: number;
      /** How many requests in all; each is answered before the run ends. */
      amount: number;
      setupClient?: (client: Client) => void;
    }

    interface Result {
      errors: number;
      timeouts: number;
    }

    interface Run extends EventEmitter, PromiseLike<Result> {}
  }

  function autocannon(options: autocannon.Options): autocannon.Run;
  export = autocannon;
}
