// The repositories of the accounts that we serve. The list costs a call for each hundred, so it is kept in the database and
// read anew only now and then.

import type { ServedRepositories, ServedRepository } from '../../domain/repair/poll-plan.ts';
import { between, type Instant } from '../../domain/time.ts';
import { GitHubError, type Installation } from '../../ports/github.ts';
import type { Deps } from '../deps.ts';

/** The lower-cased account of a repository. */
export const ownerOf = ({ fullName }: Pick<ServedRepository, 'fullName'>): string =>
  fullName.slice(0, fullName.indexOf('/')).toLowerCase();

export async function servedRepositories(deps: Deps, now: Instant): Promise<readonly ServedRepository[]> {
  const { store, settings, log } = deps;
  const known = await store.transaction((tx) => tx.loops.get('served-repositories'));
  if (known !== undefined && between(known.readAt, now) < settings.pollAllMs) return known.repositories;
  const repositories = await readAnew(deps, known).catch((error: unknown) => {
    if (known === undefined || !isForNow(error)) throw error;
    log.warn('cannot list the installations of the App: going by the list of before', { error });
    return undefined;
  });
  if (repositories === undefined) return known?.repositories ?? [];
  await store.transaction(async (tx) => {
    await tx.lock('repair:poll');
    await tx.loops.put('served-repositories', { readAt: now, repositories });
  });
  return repositories;
}

const isForNow = (error: unknown): boolean =>
  error instanceof GitHubError && (error.kind === 'unavailable' || error.kind === 'rate-limited');

async function readAnew(
  deps: Deps,
  known: ServedRepositories | undefined,
): Promise<readonly ServedRepository[]> {
  const { owners } = deps.settings;
  const served = (await deps.github.installations()).filter(
    ({ account }) => owners.includes('*') || owners.includes(account.toLowerCase()),
  );
  const lists = await Promise.all(served.map((installation) => listOf(deps, installation, known)));
  return lists.flat();
}

/** An installation that cannot be asked now has what it had. */
async function listOf(
  { github, log }: Deps,
  { id, account }: Installation,
  known: ServedRepositories | undefined,
): Promise<readonly ServedRepository[]> {
  try {
    return await github.repositories(id);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    log.warn('cannot list the repositories of an installation', { account, error });
    return known?.repositories.filter(({ installationId }) => installationId === id) ?? [];
  }
}
