// Reads GitHub's status page and holds our incidents against it. It runs among the repair loops, so that one process reads it for
// all; an incident that opens asks for a round at once. It mends nothing, and decides nothing: whose an incident is, is judged
// by our own figures alone.

import type { Incident } from '../../domain/attribution/incident.ts';
import { crossCheck, isChecked, isOfGitHub } from '../../domain/github-status/cross-check.ts';
import {
  afterReading,
  type FeedState,
  nextReadMs,
  noFeed,
  type StatusReading,
} from '../../domain/github-status/feed-state.ts';
import type { GitHubWord } from '../../domain/github-status/word.ts';
import { type DurationMs, hours, type Instant } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import type { RepairLoop } from '../repair/loop.ts';

/** Incidents that are open or closed lately are among the newest. */
const mostIncidents = 100;
const offMs = hours(6);

export const githubStatusLoop: RepairLoop = {
  kind: 'github-status',
  async run({ store, clock, log, statusFeed }, { owner }) {
    // Whoever wants one account mended wants no page read.
    if (owner !== undefined) return { mended: [], nextInMs: offMs };
    if (statusFeed === undefined) {
      await store.transaction(switchOff);
      return { mended: [], nextInMs: offMs };
    }
    const reading = await statusFeed.read();
    const { before, state, nextInMs } = await store.transaction((tx) => round(tx, reading, clock.now()));
    if (state.failures === 1) log.warn("GitHub's status page cannot be read", { why: state.why });
    if (state.failures === 0 && before.failures > 0) log.info("GitHub's status page can be read again");
    return { mended: [], nextInMs };
  },
};

async function switchOff(tx: Transaction): Promise<void> {
  await tx.lock('repair:github-status');
  const state = await tx.loops.get('github-status');
  if (state !== undefined && state.off !== true) await tx.loops.put('github-status', { ...state, off: true });
}

interface Round {
  before: FeedState;
  state: FeedState;
  nextInMs: DurationMs;
}

async function round(tx: Transaction, reading: StatusReading, now: Instant): Promise<Round> {
  // The round that judges writes the same rows.
  await tx.lock('repair:attribution');
  await tx.lock('repair:github-status');
  const before = (await tx.loops.get('github-status')) ?? noFeed;
  const state = afterReading(before, reading, now);
  await tx.loops.put('github-status', state);
  const incidents = await tx.attribution.incidents({}, mostIncidents);
  for (const incident of incidents.filter((one) => isChecked(one, now))) {
    const word = crossCheck(incident, state, now);
    if (!isSame(word, incident.githubStatus)) await tx.attribution.putIncident(withWord(incident, word));
  }
  const isOurs = incidents.some((one) => one.closedAt === undefined && isOfGitHub(one));
  return { before, state, nextInMs: nextReadMs(state, isOurs) };
}

function withWord({ githubStatus: _, ...incident }: Incident, word: GitHubWord | undefined): Incident {
  return word === undefined ? incident : { ...incident, githubStatus: word };
}

/** The database may give the keys of a row in another order. */
const isSame = (one: GitHubWord | undefined, other: GitHubWord | undefined): boolean =>
  factsOf(one) === factsOf(other);

const factsOf = (word: GitHubWord | undefined): string =>
  word === undefined
    ? ''
    : JSON.stringify([
        ...[word.says, word.toldAt, word.why],
        word.troubles.map(({ component, status, toldAt, endedAt, title, url }) => [
          ...[component, status, toldAt, endedAt, title, url],
        ]),
      ]);
