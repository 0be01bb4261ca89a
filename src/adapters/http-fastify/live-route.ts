// The stream of what has changed, as server-sent events. It tells topics and never rows, so that it is small, may tell a thing
// twice, and stands under the same rule as every list: whoever is told reads the list, as themselves.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Caller, nobody } from '../../domain/access/caller.ts';
import { type LiveNews, type LiveTopic, live } from '../../wire/api/live.ts';
import type { gateOf } from './gate.ts';
import { sendProblem } from './problems.ts';

/** What has changed since a position, for a caller; `control-plane/live`. */
export interface LiveSource {
  since(
    position: string | undefined,
    caller: Pick<Caller, 'reach'>,
  ): { changed: LiveTopic[]; position: string };
  onNews(listener: () => void): { stop(): void };
}

export interface LiveDeps {
  live: LiveSource;
  options?: { live?: Partial<LiveTimes> };
}

interface LiveTimes {
  /** Changes within so short a time make one event. */
  gatherMs: number;
  /** So often something is sent, whatever happens. */
  heartbeatMs: number;
  /** Then the stream ends and the client comes back, so that whoever lost their rights loses the stream. */
  longestMs: number;
}

const defaultTimes: LiveTimes = { gatherMs: 250, heartbeatMs: 15_000, longestMs: 10 * 60_000 };
const streamsPerCaller = 12;
const streamsInAll = 1_000;
/** More than this unread, and nobody is listening. */
const mostUnreadBytes = 16 * 1024;

export function liveRoute(
  app: FastifyInstance,
  { live: source, options }: LiveDeps,
  onRequest: ReturnType<Awaited<ReturnType<typeof gateOf>>>,
): void {
  const times = { ...defaultTimes, ...options?.live };
  const open = new Map<string, Set<Readable>>();
  const all = (): Readable[] => [...open.values()].flatMap((streams) => [...streams]);
  app.addHook('preClose', async () => {
    for (const stream of all()) stream.push(null);
  });
  app.get(live.path, {
    schema: {
      operationId: 'live',
      summary: live.summary,
      querystring: live.query,
      produces: ['text/event-stream'],
      security: [{ token: [] }],
    },
    onRequest,
    handler: async (request, reply) => {
      const caller = request.caller ?? nobody;
      const mine = open.get(caller.key) ?? new Set();
      if (mine.size >= streamsPerCaller || all().length >= streamsInAll)
        return sendProblem(reply, {
          status: 429,
          title: 'Too many streams',
          detail: `One caller may have ${streamsPerCaller} streams open: close one, or ask now and then instead.`,
        });
      const stream = streamFor(source, caller, topicsAsked(request), lastHeard(request), times);
      open.set(caller.key, mine.add(stream));
      stream.on('close', () => {
        mine.delete(stream);
        if (mine.size === 0) open.delete(caller.key);
      });
      return reply
        .type('text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(stream);
    },
  });
}

const topicsAsked = ({ query }: FastifyRequest): readonly LiveTopic[] | undefined =>
  (query as { topics?: readonly LiveTopic[] }).topics;

function lastHeard({ headers }: FastifyRequest): string | undefined {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function streamFor(
  source: LiveSource,
  caller: Caller,
  topics: readonly LiveTopic[] | undefined,
  heard: string | undefined,
  times: LiveTimes,
): Readable {
  const stream = new Readable({ read() {} });
  let { position } = source.since(undefined, caller);
  let gathering: NodeJS.Timeout | undefined;
  const write = (text: string): void => {
    if (stream.readableLength > mostUnreadBytes) stream.destroy();
    else if (!stream.readableEnded && !stream.destroyed) stream.push(text);
  };
  const tell = (from: string | undefined, evenNothing: boolean): void => {
    const news = source.since(from, caller);
    position = news.position;
    const changed = news.changed.filter((topic) => topics === undefined || topics.includes(topic));
    const data: LiveNews = { changed };
    if (changed.length > 0 || evenNothing)
      write(`id: ${position}\nevent: changed\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const gather = (): void => {
    gathering ??= setTimeout(() => {
      gathering = undefined;
      tell(position, false);
    }, times.gatherMs);
  };
  const listening = source.onNews(gather);
  const end = (): void => void stream.push(null);
  const heartbeat = setInterval(() => write(': still here\n\n'), times.heartbeatMs);
  const longest = setTimeout(end, times.longestMs);
  stream.on('close', () => {
    listening.stop();
    clearInterval(heartbeat);
    clearTimeout(longest);
    clearTimeout(gathering);
  });
  write('retry: 2000\n\n');
  tell(heard ?? position, true);
  return stream;
}
