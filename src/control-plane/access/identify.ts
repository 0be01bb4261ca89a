// Who calls, judged by what the request carries: the admin token, an API token, or a session.

import { admin, type Caller, narrowed, type Reach } from '../../domain/access/caller.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import { isAdmin, isSameSecret, tokenHash } from '../requests/tokens.ts';

export interface Credentials {
  /** The `Authorization` header; with one, cookies are not looked at. */
  authorization?: string | undefined;
  /** A session's cookie, which a browser sends also when a page of somebody else makes it call. */
  cookie?: { session: string; csrfToken: string | undefined; changesThings: boolean };
}

/** What a person may see and do now. */
export interface Rights {
  login: string;
  reach: Reach;
  mayOperate: boolean;
}

export interface IdentifyDeps {
  store: Store;
  clock: Clock;
  /** SHA-256 of the operators' tokens, in hex. */
  adminTokenHashes: readonly string[];
  /** Undefined when they may nothing any more. */
  rightsOf(person: number): Promise<Rights | undefined>;
}

/** What an API token and a session begin with, so that a secret scanner can tell. */
export const apiTokenPrefix = 'bellows_api_';
export const sessionPrefix = 'bellows_session_';

/**
 * Undefined when the credentials are no good: unknown, revoked, run out. Who sends none is no caller either, and gets
 * `nobody` from whoever asks. `no-csrf-token`: a browser's change that did not come from a page of ours.
 * @throws StoreUnavailableError
 */
export async function identify(
  deps: IdentifyDeps,
  { authorization, cookie }: Credentials,
): Promise<Caller | 'no-csrf-token' | undefined> {
  if (authorization === undefined) return cookie && callerOfCookie(deps, cookie);
  if (isAdmin(authorization, deps.adminTokenHashes)) return admin;
  const token = /^Bearer (\S{1,512})$/i.exec(authorization)?.[1];
  if (token?.startsWith(apiTokenPrefix)) return callerOfToken(deps, token);
  return token?.startsWith(sessionPrefix) ? callerOfSession(deps, tokenHash(token)) : undefined;
}

async function callerOfToken(deps: IdentifyDeps, token: string): Promise<Caller | undefined> {
  const found = await deps.store.transaction((tx) => tx.apiTokens.byHash(tokenHash(token)));
  if (found === undefined || found.revokedAt !== undefined || found.expiresAt <= deps.clock.now())
    return undefined;
  const { id, person } = found;
  const maker =
    person === undefined ? { reach: 'all' as const, mayOperate: true } : await deps.rightsOf(person);
  if (maker === undefined) return undefined;
  return {
    kind: 'token',
    name: `${found.createdBy}'s token ${found.name}`,
    key: `token ${id}`,
    reach: found.owners.length === 0 ? maker.reach : narrowed(maker.reach, found.owners),
    mayOperate: maker.mayOperate && found.scopes.includes('operate'),
    ...(person !== undefined && { person }),
    credential: { kind: 'token', id },
  };
}

async function callerOfCookie(
  deps: IdentifyDeps,
  { session, csrfToken, changesThings }: NonNullable<Credentials['cookie']>,
): Promise<Caller | 'no-csrf-token' | undefined> {
  const hash = tokenHash(session);
  const caller = await callerOfSession(deps, hash);
  if (caller === undefined || !changesThings) return caller;
  return isSameSecret(csrfToken ?? '', csrfTokenOf(hash)) ? caller : 'no-csrf-token';
}

async function callerOfSession(deps: IdentifyDeps, hash: string): Promise<Caller | undefined> {
  const session = await deps.store.transaction((tx) => tx.sessions.get(hash, deps.clock.now()));
  const rights = session && (await deps.rightsOf(session.person));
  if (session === undefined || rights === undefined) return undefined;
  const { login, reach, mayOperate } = rights;
  return {
    kind: 'person',
    name: login,
    key: `session ${hash.slice(0, 16)}`,
    reach,
    mayOperate,
    person: session.person,
    credential: { kind: 'session', hash },
  };
}

/** What a page of ours sends with a change. Other pages cannot know it: the cookie is hidden from scripts. */
export const csrfTokenOf = (sessionHash: string): string => tokenHash(`csrf ${sessionHash}`);
