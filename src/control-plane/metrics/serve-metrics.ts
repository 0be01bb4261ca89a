// `GET /metrics`: the whole for operators and for the metrics token, an account's own series for its own token (I9).

import { type Caller, nobody, ownersSeen, sees } from '../../domain/access/caller.ts';
import type { ImageDigest } from '../../domain/ids.ts';
import { serverFamilies } from '../../domain/metrics/server-families.ts';
import { delayedAfterMs } from '../../domain/metrics/totals.ts';
import type { WatchLook } from '../../domain/metrics/watch-families.ts';
import { scopeOwner } from '../../domain/scope.ts';
import { after } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RawResponse } from '../../ports/http.ts';
import type { MetricPrinter } from '../../ports/metrics.ts';
import { type Store, StoreUnavailableError, type Transaction } from '../../ports/store.ts';
import { isAdmin } from '../requests/tokens.ts';
import { measuredTotals } from './measure.ts';

export interface MetricsDeps {
  store: Store;
  clock: Clock;
  printer: MetricPrinter;
  version: string;
  /** What new VMs start from. */
  image: ImageDigest;
  /** SHA-256 of tokens that are good for metrics alone, in hex. */
  tokenHashes: readonly string[];
  identify: (credentials: {
    authorization: string | undefined;
  }) => Promise<Caller | 'no-csrf-token' | undefined>;
}

/** Sees everything and may nothing else: it is accepted nowhere but here. */
const scraper: Caller = {
  kind: 'token',
  name: 'the metrics token',
  key: 'metrics',
  reach: 'all',
  mayOperate: false,
};

export async function serveMetrics(
  deps: MetricsDeps,
  authorization: string | undefined,
): Promise<RawResponse> {
  try {
    const caller = isAdmin(authorization, deps.tokenHashes)
      ? scraper
      : ((await deps.identify({ authorization })) ?? nobody);
    if (caller === 'no-csrf-token' || caller.kind === 'nobody')
      return { status: 401, headers: { 'www-authenticate': 'Bearer' }, text: 'Send a token.' };
    if (caller.reach !== 'all' && caller.reach.length === 0)
      return { status: 403, text: 'You belong to no account that is served here.' };
    const text = await deps.printer.print(await metricsFor(deps, caller));
    return { status: 200, headers: { 'content-type': deps.printer.contentType }, text };
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    return { status: 503, text: 'The database cannot be reached.' };
  }
}

async function metricsFor({ store, clock, version, image }: MetricsDeps, caller: Caller) {
  const now = clock.now();
  const totals = await measuredTotals(store, now);
  const owners = Object.entries(totals.owners).filter(([owner]) => sees(caller, owner));
  const look = await store.transaction(async (tx) => {
    const filter = ownersSeen(caller);
    return {
      open: await tx.metrics.openJobs(after(now, -delayedAfterMs), filter),
      finished: await tx.insights.tallies('organization', everyDay, filter),
      ...(caller.reach === 'all' && {
        fleet: {
          hosts: await tx.hosts.list(),
          vitals: await tx.vitals.list(),
          image,
          budgets: await tx.budget.list(),
          unreadDeliveries: await tx.deliveries.count('new'),
          ...(await watched(tx)),
        },
      }),
    };
  });
  return serverFamilies({
    now,
    version,
    ...look,
    vms: totals.vms.filter(({ scope }) => sees(caller, scopeOwner(scope))),
    totals: { owners: Object.fromEntries(owners), repairs: totals.repairs },
  });
}

/** Days since 1970, far beyond both ends. */
const everyDay = { from: 0, to: 1_000_000 };

const mostIncidents = 1_000;
const mostTokens = 1_000;

async function watched(tx: Transaction): Promise<WatchLook> {
  const feed = await tx.loops.get('github-status');
  return {
    incidents: await tx.attribution.incidents({ open: true }, mostIncidents),
    tokens: await tx.apiTokens.list({}, mostTokens),
    certificateEndsAt: (await tx.loops.get('certificate'))?.endsAt,
    ...(feed !== undefined && feed.off !== true && { feed }),
  };
}
