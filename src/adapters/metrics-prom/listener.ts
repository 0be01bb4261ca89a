// An HTTP server for metrics alone, for programs that have no other. No token is asked, so it listens on the machine itself.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Family } from '../../domain/metrics/family.ts';
import type { Log } from '../../ports/log.ts';
import type { MetricPrinter } from '../../ports/metrics.ts';

export interface MetricsListener {
  readonly port: number;
  close(): Promise<void>;
}

const isLoopback = (host: string): boolean => /^127\.\d+\.\d+\.\d+$|^::1$|^localhost$/.test(host);

/** @throws in words for the operator when the address is not of this machine alone, or taken. */
export async function listenForScrapes(
  at: { host: string; port: number },
  look: () => Promise<readonly Family[]>,
  printer: MetricPrinter,
  log: Log,
): Promise<MetricsListener> {
  if (!isLoopback(at.host))
    throw new Error(`metrics are served on a loopback address only, and ${at.host} is none`);
  const server = createServer(async (request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end('There is /metrics only.\n');
      return;
    }
    try {
      const text = await printer.print(await look());
      response.writeHead(200, { 'content-type': printer.contentType }).end(text);
    } catch (error) {
      log.error('metrics request failed', { error });
      response.writeHead(500).end('Our fault.\n');
    }
  });
  server.listen(at.port, at.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
