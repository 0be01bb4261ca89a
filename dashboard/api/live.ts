// What has changed, as the control plane tells it. A stream by fetch, since an EventSource cannot carry a token. While it is
// there, pages poll rarely; when it is not, they poll as before, so nothing on them depends on it.

import type { QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { apiPrefix } from '../../src/wire/api/endpoint.ts';
import type { EndpointName } from '../../src/wire/api/endpoints.ts';
import { type LiveTopic, live, liveNews } from '../../src/wire/api/live.ts';
import { isLong } from './long-list.ts';
import { credentials } from './sign-in.ts';

/** Whose answers a topic makes old. */
const answersOf: Readonly<Record<LiveTopic, readonly EndpointName[]>> = {
  jobs: ['listJobs', 'getJob', 'jobEvents', 'today'],
  vms: ['listVms', 'getVm', 'getHost', 'listHosts', 'listJobs', 'getJob', 'jobEvents'],
  hosts: ['listHosts', 'getHost', 'hostEvents'],
  repairs: ['listRepairs', 'getJob'],
  incidents: ['listIncidents', 'getIncident', 'phaseFigures'],
};

/** How much more rarely is polled while the stream is there. */
const calmFactor = 10;
const comeBackMs = 5_000;
let isOpen = false;

export const pollEvery = (everyMs: number): number => (isOpen ? everyMs * calmFactor : everyMs);

/** Listens for as long as the page is there. */
export function useLive(queries: QueryClient, isSignedIn: boolean): void {
  useEffect(() => {
    if (!isSignedIn) return;
    const end = new AbortController();
    void listenOn(queries, end.signal);
    return () => end.abort();
  }, [queries, isSignedIn]);
}

async function listenOn(queries: QueryClient, signal: AbortSignal): Promise<void> {
  let lastId: string | undefined;
  while (!signal.aborted) {
    try {
      for await (const { id, data } of events(lastId, signal)) {
        lastId = id ?? lastId;
        const news = liveNews.safeParse(data);
        if (!news.success) continue;
        const old = new Set<unknown>(news.data.changed.flatMap((topic) => answersOf[topic]));
        void queries.invalidateQueries({
          predicate: ({ queryKey, state }) => old.has(queryKey[0]) && !isLong(state.data),
        });
      }
    } catch {
      // Whoever is away is asked again below, and polled meanwhile.
    }
    isOpen = false;
    await new Promise((resolve) => setTimeout(resolve, comeBackMs));
  }
}

interface StreamEvent {
  id: string | undefined;
  data: unknown;
}

async function* events(lastId: string | undefined, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  const response = await fetch(`${apiPrefix}${live.path}`, {
    headers: {
      accept: 'text/event-stream',
      ...credentials.headers(live),
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
    },
    signal,
  });
  if (!response.ok || response.body === null) return;
  isOpen = true;
  let rest = '';
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (rest + decoder.decode(part.value, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = fieldOf(block, 'data');
      if (data !== undefined) yield { id: fieldOf(block, 'id'), data: JSON.parse(data) };
    }
  }
}

const fieldOf = (block: string, name: string): string | undefined =>
  block
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .trim();
