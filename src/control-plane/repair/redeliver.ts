// Asks GitHub again for webhooks that never reached us. GitHub's own book of attempts is walked and held against our store, so
// that it does not matter why one is missing: GitHub failed, we were down, or GitHub believes that it arrived. What comes by
// redelivery comes through the same door, under the same GUID.

import type { DeliveryGuid } from '../../domain/ids.ts';
import {
  askAgainAt,
  beginWalk,
  decide,
  dropWalk,
  giveUp,
  hasEnough,
  type Lost,
  nothingWalked,
  pauseUntilNext,
  type RedeliveryState,
  redeliveryPolicy,
  takePage,
  withoutArrived,
} from '../../domain/repair/redelivery.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import { after, type Instant } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import { recordRepairs } from './book.ts';
import type { RepairLoop, RepairRound } from './loop.ts';

export const redeliver: RepairLoop = { kind: 'redeliver', run };

async function run(deps: Deps, { owner }: { owner?: string }): Promise<RepairRound> {
  const walked = await walkOn(deps);
  const ownerOf = await owners(deps, walked.state);
  const may = (lost: Lost): boolean => owner === undefined || ownerOf(lost) === owner;
  const decided = await claim(deps, walked.state, may, ownerOf);
  // Somebody else walked at the same time, and asks for the same.
  if (decided === undefined) return { mended: [], nextInMs: redeliveryPolicy.roundMs };
  const asked = await askFor(deps, decided.ask);
  const { state, mended } = await settle(deps, asked, ownerOf);
  const failure = walked.failure ?? asked.failure;
  if (failure !== undefined) throw failure;
  return { mended: [...decided.mended, ...mended], nextInMs: pauseUntilNext(state, deps.clock.now()) };
}

/** Some pages of the walk. What was read before a failure is not lost with it. */
async function walkOn({ store, hook, clock }: Deps): Promise<{ state: RedeliveryState; failure?: Error }> {
  let state = (await store.transaction((tx) => tx.loops.get('redeliver'))) ?? nothingWalked;
  try {
    for (let pages = 0; pages < redeliveryPolicy.pagesAtOnce && !hasEnough(state); pages += 1) {
      const begun = beginWalk(state, clock.now());
      state = begun;
      const page = await hook.deliveries(begun.walk.cursor);
      const guids = page.attempts.map(({ guid }) => guid);
      const known = await store.transaction((tx) => tx.deliveries.known(guids));
      state = takePage(begun, page, known, clock.now());
      if (state.walk === undefined) break;
    }
    return { state };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const isCursor = error.kind === 'invalid' && state.walk?.cursor !== undefined;
    return { state: isCursor ? dropWalk(state) : state, failure: error };
  }
}

/** Who owns the installation of a delivery; asked of GitHub only when something is lost. */
async function owners({ github }: Deps, { lost }: RedeliveryState): Promise<OwnerOf> {
  const all = lost.length === 0 ? [] : await github.installations();
  const accounts = new Map(all.map(({ id, account }) => [id, account.toLowerCase()]));
  return ({ installation }) => (installation === undefined ? undefined : accounts.get(installation));
}
type OwnerOf = (lost: Lost) => string | undefined;

/** Writes down what will be asked for before it is, so that nobody else asks for it. */
async function claim(
  { store, clock }: Deps,
  walked: RedeliveryState,
  may: (lost: Lost) => boolean,
  ownerOf: OwnerOf,
): Promise<{ ask: readonly Lost[]; mended: readonly Repair[] } | undefined> {
  return store.transaction(async (tx) => {
    await tx.lock('repair:redeliver');
    const stored = (await tx.loops.get('redeliver')) ?? nothingWalked;
    if (stored.revision !== walked.revision) return undefined;
    const now = clock.now();
    const known = await tx.deliveries.known(walked.lost.map(({ guid }) => guid));
    const { state, ask, tooOld } = decide(withoutArrived(walked, known), now, may);
    const mended = tooOld.map((lost) => givenUp(lost, 'GitHub keeps it no longer', ownerOf, now));
    await recordRepairs(tx, mended);
    await put(tx, state);
    return { ask, mended };
  });
}

interface Asked {
  done: readonly Lost[];
  tooOld: readonly Lost[];
  /** Not asked, since an ask before them failed or was slow. */
  left: readonly Lost[];
  failure?: GitHubError;
}

async function askFor({ hook, clock }: Deps, ask: readonly Lost[]): Promise<Asked> {
  const until = after(clock.now(), redeliveryPolicy.askingMs);
  const done: Lost[] = [];
  const tooOld: Lost[] = [];
  for (const [index, lost] of ask.entries()) {
    if (clock.now() > until) return { done, tooOld, left: ask.slice(index) };
    try {
      const answer = await hook.redeliver(lost.attempt);
      (answer === 'asked' ? done : tooOld).push(lost);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      // One without an answer may have worked: it keeps its pause.
      const left = ask.slice(error.kind === 'unavailable' ? index + 1 : index);
      return { done, tooOld, left, failure: error };
    }
  }
  return { done, tooOld, left: [] };
}

async function settle(
  { store, clock }: Deps,
  { done, tooOld, left, failure }: Asked,
  ownerOf: OwnerOf,
): Promise<{ state: RedeliveryState; mended: readonly Repair[] }> {
  return store.transaction(async (tx) => {
    await tx.lock('repair:redeliver');
    const now = clock.now();
    const stored = (await tx.loops.get('redeliver')) ?? nothingWalked;
    if (done.length + tooOld.length + left.length === 0) return { state: stored, mended: [] };
    const mended = [
      ...done.map((lost) => redelivered(lost, ownerOf, now)),
      ...tooOld.map((lost) => givenUp(lost, 'GitHub does not repeat it', ownerOf, now)),
    ];
    await recordRepairs(tx, mended);
    const again = askAgainAt(stored, guidsOf(left), failure?.retryAt ?? now);
    return { state: await put(tx, giveUp(again, guidsOf(tooOld))), mended };
  });
}

async function put(tx: Transaction, state: RedeliveryState): Promise<RedeliveryState> {
  const next = { ...state, revision: state.revision + 1 };
  await tx.loops.put('redeliver', next);
  return next;
}

const guidsOf = (all: readonly Lost[]): ReadonlySet<DeliveryGuid> => new Set(all.map(({ guid }) => guid));

const redelivered = (lost: Lost, ownerOf: OwnerOf, at: Instant): Repair => ({
  ...about(lost, ownerOf, at),
  kind: 'delivery-redelivered',
  cause: lost.asks === 0 ? 'it never reached us' : 'it did not come when we asked before',
});

const givenUp = (lost: Lost, cause: string, ownerOf: OwnerOf, at: Instant): Repair => ({
  ...about(lost, ownerOf, at),
  kind: 'delivery-given-up',
  cause,
});

function about(lost: Lost, ownerOf: OwnerOf, at: Instant): Omit<Repair, 'kind' | 'cause'> {
  const owner = ownerOf(lost);
  const { guid, attempt, firstAt, asks } = lost;
  return {
    at,
    subject: { kind: 'delivery', id: guid },
    ...(owner !== undefined && { owner }),
    data: { attempt, firstAt, asks },
  };
}
