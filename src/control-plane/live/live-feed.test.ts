import { beforeEach, expect, it } from 'vitest';
import { at, globex, host, job, vm } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import type { Incident } from '../../domain/attribution/incident.ts';
import { silentLog } from '../../ports/log.ts';
import type { Store, Transaction } from '../../ports/store.ts';
import { type LiveFeed, liveFeed } from './live-feed.ts';

const all = { reach: 'all' } as const;
const acme = { reach: ['acme'] };
const other = { reach: ['globex'] };

let store: Store;
let feed: LiveFeed;
beforeEach(() => {
  store = openMemoryStore();
  feed = liveFeed({ store, log: silentLog }, 'one');
});

/** Commits, and waits until the feed has heard. */
async function change(work: (tx: Transaction) => Promise<unknown>): Promise<void> {
  const heard = Promise.withResolvers<void>();
  const listening = feed.onNews(heard.resolve);
  await store.transaction(work);
  await heard.promise;
  listening.stop();
}
const now = (): string => feed.since(undefined, all).position;
const repair = { at: at(0), kind: 'host-silent', cause: 'x', data: {} } as const;

it('tells what has changed since a position, and nothing before it', async () => {
  const start = now();
  await change((tx) => tx.jobs.insert(job(1)));
  const afterJob = now();
  await change((tx) => tx.vms.insert(vm(1)));
  expect(feed.since(start, all).changed).toEqual(['jobs', 'vms']);
  expect(feed.since(afterJob, all).changed).toEqual(['vms']);
  expect(feed.since(now(), all).changed).toEqual([]);
  expect(feed.since(undefined, all).changed).toEqual([]);
});

it('tells nobody what changed for another account', async () => {
  const start = now();
  await change((tx) => tx.jobs.insert(job(1)));
  await change((tx) => tx.vms.insert(vm(1, { scope: globex })));
  expect(feed.since(start, acme).changed).toEqual(['jobs']);
  expect(feed.since(start, other).changed).toEqual(['vms']);
  expect(feed.since(start, { reach: [] }).changed).toEqual([]);
});

it('tells what concerns nobody in particular to those who see all', async () => {
  const start = now();
  const subject = { kind: 'host', id: host(1).id } as const;
  await change((tx) => tx.repairs.append([{ ...repair, subject }]));
  expect(feed.since(start, all).changed).toEqual(['repairs']);
  expect(feed.since(start, acme).changed).toEqual([]);
  expect(feed.since(start, { reach: [''] }).changed).toEqual([]);
});

it('tells at once of an incident that opens or ends, to those whose jobs are in it', async () => {
  const incident: Incident = {
    id: 'one',
    owner: 'github-api',
    subject: 'all',
    since: at(0),
    openedAt: at(60),
    evidence: [
      {
        ...{ stream: 'time registering all', what: 'registering', ratio: 2, jobs: 3, examples: [] },
        accounts: { acme: 3 },
      },
    ],
  };
  const ended: Incident = { ...incident, closedAt: at(600), ending: 'calm' };
  for (const written of [incident, ended]) {
    const start = now();
    await change((tx) => tx.attribution.putIncident(written));
    expect(feed.since(start, all).changed).toEqual(['incidents']);
    expect(feed.since(start, acme).changed).toEqual(['incidents']);
    expect(feed.since(start, other).changed).toEqual([]);
  }
});

it('tells of a host to those who may use it, also when it is theirs no more', async () => {
  let start = now();
  await change((tx) => tx.hosts.insert(host(1, { owners: ['acme'] })));
  expect([feed.since(start, acme).changed, feed.since(start, other).changed]).toEqual([['hosts'], []]);
  start = now();
  await change((tx) => tx.hosts.remove(host(1).id));
  expect([feed.since(start, acme).changed, feed.since(start, other).changed]).toEqual([['hosts'], []]);
  start = now();
  await change((tx) => tx.hosts.insert(host(2)));
  expect([feed.since(start, acme).changed, feed.since(start, other).changed]).toEqual([['hosts'], ['hosts']]);
});

it.each(['two.0', 'one.999', 'one.x', 'nonsense', 'one'])(
  'takes the position %s, which it cannot know, as from long ago',
  (position) => {
    expect(feed.since(position, acme).changed).toEqual(['jobs', 'vms', 'hosts', 'repairs', 'incidents']);
  },
);
