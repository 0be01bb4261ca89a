// What we use of autocannon, which has no types of its own.

declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  namespace autocannon {
    interface Request {
      method?: string;
      path?: string;
      headers?: Record<string, string>;
      body?: Buffer;
      setupRequest?: (request: Request) => Request;
    }

    interface Options {
      url: string;
      connections: number;
      /** How many requests in all; each is answered before the run ends. */
      amount: number;
      overallRate?: number;
      requests: Request[];
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
