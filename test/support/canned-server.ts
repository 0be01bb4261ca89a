// A server that answers as it is told and keeps what it heard, for tests of how an adapter speaks HTTP.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A list is used up one by one, and its last stays. */
export type Canned = Answer | Answer[] | 'silence' | 'hang-up';

export interface Heard {
  line: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

export interface CannedServer {
  url: string;
  /** Every request, oldest first. */
  heard: Heard[];
  /** Answers by method and path, without the query. */
  canned: Record<string, Canned>;
  close(): Promise<void>;
}

/** @param otherwise answers what is not canned. */
export async function startCannedServer(otherwise: (key: string) => Answer): Promise<CannedServer> {
  const heard: Heard[] = [];
  const canned: Record<string, Canned> = {};
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const line = `${request.method} ${request.url}`;
    heard.push({ line, headers: request.headers, body: text === '' ? undefined : JSON.parse(text) });
    const key = line.split('?')[0] ?? '';
    const found = canned[key] ?? otherwise(key);
    if (found === 'silence') return;
    if (found === 'hang-up') return void request.socket.destroy();
    const answer = Array.isArray(found) ? ((found.length > 1 ? found.shift() : found[0]) ?? {}) : found;
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    canned,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
