// Where a job in a VM waits until the test lets it go on, so that a test can do something while the job runs, however long a
// boot takes here.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from './program.ts';

export interface Gate {
  readonly port: number;
  /** The step of a workflow that waits; `address` is the gate's, as the job sees it. */
  waitingStep(name: string, address: string): string;
  /** Resolves when a job waits at the gate of this name. */
  reached(name: string, limitMs: number): Promise<void>;
  open(name: string): void;
  close(): Promise<void>;
}

export async function makeGate(): Promise<Gate> {
  const reached = new Set<string>();
  const open = new Set<string>();
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? '';
    reached.add(name);
    response.writeHead(open.has(name) ? 200 : 423).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    waitingStep: (name, address) => `until curl -fsS -m 5 ${address}/${name}; do sleep 0.5; done`,
    reached: async (name, limitMs) => {
      await waitFor(`a job at gate ${name}`, async () => reached.has(name) || undefined, limitMs);
    },
    open: (name) => void open.add(name),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
