// Who may hear that something has changed, and what has changed since they last heard. Kept for each account and topic is
// only the number of its latest change, so that nothing grows with what happens; a change of another account is not told (I9).

import { type Caller, sees } from '../../domain/access/caller.ts';
import { hostId } from '../../domain/ids.ts';
import type { Log } from '../../ports/log.ts';
import { type Change, type Store, StoreUnavailableError } from '../../ports/store.ts';
import { type LiveTopic, liveTopics } from '../../wire/api/live.ts';

export interface LiveNewsSince {
  changed: LiveTopic[];
  /** Where the caller is now: what they say next time. */
  position: string;
}

export interface LiveFeed {
  /** @param position undefined for now. One of another process, or none of ours, is taken as from long ago. */
  since(position: string | undefined, caller: Pick<Caller, 'reach'>): LiveNewsSince;
  /** Calls `listener` when something has changed that may concern somebody. */
  onNews(listener: () => void): { stop(): void };
  /** Hears of nothing any more. */
  stop(): void;
}

/** Changes that concern everybody, and those that concern nobody in particular and are for whoever sees all. */
const everybody = '*';
const nobody = '';

const topicOf = {
  job: 'jobs',
  vm: 'vms',
  host: 'hosts',
  repair: 'repairs',
  incident: 'incidents',
} as const satisfies Record<Exclude<Change['kind'], 'unknown'>, LiveTopic>;

/** @param life names this process, so that another one's positions are known as such. */
export function liveFeed({ store, log }: { store: Store; log: Log }, life: string): LiveFeed {
  let last = 0;
  const latest = new Map<string, Map<LiveTopic, number>>();
  const listeners = new Set<() => void>();

  const note = (owners: readonly string[], topics: readonly LiveTopic[]): void => {
    last += 1;
    for (const owner of owners) {
      const numbers = latest.get(owner) ?? new Map<LiveTopic, number>();
      latest.set(owner, numbers);
      for (const topic of topics) numbers.set(topic, last);
    }
    for (const listener of [...listeners]) listener();
  };
  const hostOwners = hostOwnersIn(store, log);
  const watching = store.onChange((change) => {
    if (change.kind === 'unknown') note([everybody], liveTopics);
    else if (change.kind === 'host') void hostOwners(change.id).then((owners) => note(owners, ['hosts']));
    else note([change.owner ?? nobody], [topicOf[change.kind]]);
  });

  return {
    since(position, caller) {
      const from = numberIn(position, life, last);
      const isSeen = (owner: string): boolean =>
        owner === everybody || caller.reach === 'all' || (owner !== nobody && sees(caller, owner));
      const changed = new Set<LiveTopic>(from === undefined ? liveTopics : []);
      for (const [owner, numbers] of latest) {
        if (from === undefined || !isSeen(owner)) continue;
        for (const [topic, number] of numbers) if (number > from) changed.add(topic);
      }
      return { changed: liveTopics.filter((topic) => changed.has(topic)), position: `${life}.${last}` };
    },
    onNews(listener) {
      listeners.add(listener);
      return { stop: () => void listeners.delete(listener) };
    },
    stop: () => watching.stop(),
  };
}

function numberIn(position: string | undefined, life: string, last: number): number | undefined {
  if (position === undefined) return last;
  const [of, number = ''] = position.split('.', 2);
  return of === life && /^\d{1,15}$/.test(number) && Number(number) <= last ? Number(number) : undefined;
}

/** Whom a host concerns: those who may use it, also those who could before it was changed or removed. */
function hostOwnersIn(store: Store, log: Log): (id: string) => Promise<readonly string[]> {
  const before = new Map<string, readonly string[]>();
  return async (id) => {
    try {
      const host = await store.transaction((tx) => tx.hosts.get(hostId(id)));
      const now = host === undefined ? [] : host.owners.length === 0 ? [everybody] : host.owners;
      const owners = [...new Set([...now, ...(before.get(id) ?? [])])];
      if (host === undefined) before.delete(id);
      else before.set(id, now);
      return owners.length === 0 ? [nobody] : owners;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) log.error('cannot tell whom a host concerns', { error });
      // They look for themselves, and see no more than they may.
      return [everybody];
    }
  };
}
