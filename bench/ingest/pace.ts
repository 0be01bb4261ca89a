// An even load, as from many senders who know nothing of each other: delivery `n` is due `n / rate` seconds after all
// connections are there, whatever became of those before. `autocannon` itself keeps to a rate by sending the share of each second as fast
// as it can and then resting, which would measure full load.

import type autocannon from 'autocannon';

export interface Pace {
  /** Lets `client` send when its turn comes; those that are free take turns. */
  hold(client: autocannon.Client): void;
  /** When what `client` sent last was due, in the time of `performance`. */
  dueAt(client: autocannon.Client): number;
  end(): void;
}

export function evenPace(rate: number, connections: number): Pace {
  let begun = Number.POSITIVE_INFINITY;
  const free: { client: autocannon.Client; send: () => void }[] = [];
  const due = new WeakMap<autocannon.Client, number>();
  let sent = 0;
  const sendDue = (): void => {
    for (;;) {
      const at = begun + (sent * 1000) / rate;
      if (at > performance.now()) return;
      const next = free.shift();
      // None is free: the next that is will be late, and what it sends counts from when it was due.
      if (next === undefined) return;
      sent += 1;
      due.set(next.client, at);
      next.send();
    }
  };
  const timer = setInterval(sendDue, 1);
  return {
    hold(client) {
      const send = client._doRequest.bind(client);
      client._doRequest = () => {
        // Then it only ends.
        if (client.reqsMade >= client.responseMax) send();
        else free.push({ client, send });
        if (sent === 0 && free.length === connections) begun = performance.now();
        sendDue();
      };
    },
    dueAt: (client) => due.get(client) ?? begun,
    end: () => clearInterval(timer),
  };
}
