import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Secret } from '../../ports/secret.ts';
import { ApiUnreachableError } from '../../wire/api/endpoints.ts';
import type { LiveNews } from '../../wire/api/live.ts';
import { FetchApiClient } from './fetch-api-client.ts';

let server: Server;
let answer: (response: ServerResponse) => void;
let asked: string[];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => server.closeAllConnections());

const changes = async (stopping = new AbortController(), stopAfter = 9): Promise<LiveNews[]> => {
  const { port } = server.address() as AddressInfo;
  const client = new FetchApiClient({
    url: `http://127.0.0.1:${port}`,
    token: async () => new Secret('t0ken'),
  });
  const heard: LiveNews[] = [];
  for await (const news of client.changes(['jobs', 'vms'], stopping.signal)) {
    heard.push(news);
    if (heard.length >= stopAfter) stopping.abort();
  }
  return heard;
};

it('gives the events of a stream, whatever pieces they come in, until it ends', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 2000\n\nid: a.1\nevent: changed\ndata: {"chan');
    response.end('ged":["jobs"]}\n\n: still here\n\nid: a.2\nevent: changed\ndata: {"changed":["vms"]}\n\n');
  };
  expect(await changes()).toEqual([{ changed: ['jobs'] }, { changed: ['vms'] }]);
  expect(asked).toEqual(['/api/bellows/v1/live?topics=jobs%2Cvms Bearer t0ken']);
});

it('ends without a word when it is told to stop', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"changed":[]}\n\n');
  };
  expect(await changes(new AbortController(), 1)).toEqual([{ changed: [] }]);
});

it('gives nothing where there is no stream, and says when nobody is there', async () => {
  answer = (response) => response.writeHead(404).end('{}');
  expect(await changes()).toEqual([]);
  answer = (response) => response.destroy();
  await expect(changes()).rejects.toBeInstanceOf(ApiUnreachableError);
});
