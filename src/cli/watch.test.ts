import { expect, it } from 'vitest';
import { noCredentials, noGitHub } from '../../test/support/no-credentials.ts';
import { answered } from '../wire/api/endpoint.ts';
import { type ApiClient, ApiUnreachableError } from '../wire/api/endpoints.ts';
import type { LiveClient, LiveNews } from '../wire/api/live.ts';
import { hosts } from './hosts.ts';
import type { Outcome } from './outcome.ts';
import { watch } from './watch.ts';

/** What the stream does each time that it is opened. */
type Stream = () => AsyncGenerator<LiveNews>;

async function watched(streams: Stream[], stopAfter: number) {
  const stopping = new AbortController();
  const shown: Outcome[] = [];
  const pauses: number[] = [];
  const asked: string[] = [];
  const api: ApiClient & LiveClient = {
    call: async (name) => {
      asked.push(name);
      return answered({ now: '2026-01-01T12:00:00.000Z', image: 'x', hosts: [] }) as never;
    },
    changes: () => (streams.shift() ?? nothing)(),
  };
  const terminal = {
    operator: 'me',
    say() {},
    pause: async (ms: number) => void pauses.push(ms),
    credentials: noCredentials,
    github: noGitHub,
  };
  const show = (outcome: Outcome): void => {
    shown.push(outcome);
    if (shown.length >= stopAfter) stopping.abort();
  };
  await watch(hosts(), api, terminal, { topics: ['hosts'], show, stopping: stopping.signal });
  return { shown, pauses, asked };
}
async function* nothing(): AsyncGenerator<LiveNews> {}
async function* twice(): AsyncGenerator<LiveNews> {
  yield { changed: [] };
  yield { changed: ['hosts'] };
}
async function* unreachable(): AsyncGenerator<LiveNews> {
  yield* nothing();
  throw new ApiUnreachableError('http://x', new Error('refused'));
}

it('shows it when the stream is up, and again with each change', async () => {
  const { shown, pauses } = await watched([twice], 2);
  expect(shown.map(({ ok }) => ok)).toEqual([true, true]);
  expect(pauses).toEqual([]);
});

it('asks now and then where there is no stream', async () => {
  const { shown, pauses, asked } = await watched([], 3);
  expect([shown.length, asked.length]).toEqual([3, 3]);
  expect(pauses).toEqual([5_000, 5_000]);
});

it('waits for a control plane that is away, and goes on when it is back', async () => {
  const { shown } = await watched([unreachable, twice], 3);
  expect(shown.map(({ ok }) => ok)).toEqual([false, true, true]);
});
