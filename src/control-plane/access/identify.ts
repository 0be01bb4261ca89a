// Who calls, judged by what the request carries: the admin token, an API token, or a session.

import { admin, type Caller, narrowed, type Reach } from '../../domain/access/caller.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import { isAdmin, tokenHash } from '../requests/tokens.ts';

export interface Credentials {
  /** The `Authorization` header. */
  authorization?: string | undefined;
}

export interface IdentifyDeps {
  store: Store;
  clock: Clock;
  /** SHA-256 of the operators' tokens, in hex. */
  adminTokenHashes: readonly string[];
  /** What a person may see and do now; undefined when they may nothing any more. */
  rightsOf(person: number): Promise<{ reach: Reach; mayOperate: boolean } | undefined>;
}

/** What an API token begins with, so that a secret scanner can tell. */
export const apiTokenPrefix = 'bellows_api_';

/**
 * Undefined when the credentials are no good: unknown, revoked, run out. Who sends none is no caller either, and gets
 * `nobody` from whoever asks.
 * @throws StoreUnavailableError
 */
export async function identify(
  deps: IdentifyDeps,
  { authorization }: Credentials,
): Promise<Caller | undefined> {
  if (isAdmin(authorization, deps.adminTokenHashes)) return admin;
  const token = /^Bearer (\S{1,512})$/i.exec(authorization ?? '')?.[1];
  return token?.startsWith(apiTokenPrefix) ? callerOfToken(deps, token) : undefined;
}

async function callerOfToken(deps: IdentifyDeps, token: string): Promise<Caller | undefined> {
  const found = await deps.store.transaction((tx) => tx.apiTokens.byHash(tokenHash(token)));
  if (found === undefined || found.revokedAt !== undefined || found.expiresAt <= deps.clock.now())
    return undefined;
  const { person } = found;
  const maker =
    person === undefined ? { reach: 'all' as const, mayOperate: true } : await deps.rightsOf(person);
  if (maker === undefined) return undefined;
  return {
    kind: 'token',
    name: `${found.createdBy}'s token ${found.name}`,
    key: `token ${found.id}`,
    reach: found.owners.length === 0 ? maker.reach : narrowed(maker.reach, found.owners),
    mayOperate: maker.mayOperate && found.scopes.includes('operate'),
    ...(person !== undefined && { person }),
  };
}
