// Tokens that people make for their programs. A token is shown once and kept as its hash; what its maker may no longer do, it
// may not either. A token makes no tokens, or one that leaked would outlive its own revocation.

import { type Caller, sees } from '../../domain/access/caller.ts';
import { after, days, toIso } from '../../domain/time.ts';
import type { ApiToken } from '../../ports/access-tables.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiTokenShown } from '../../wire/api/tokens.ts';
import { apiTokenPrefix } from '../access/identify.ts';
import type { RequestDeps } from './deps.ts';
import { newToken, tokenHash } from './tokens.ts';

type Deps = Pick<RequestDeps, 'store' | 'clock' | 'random'>;

export async function makeToken(
  deps: Deps,
  { body }: RequestOf<'makeToken'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'makeToken'>>> {
  const { name, scopes, validForDays } = body;
  const owners = body.owners.map((owner) => owner.toLowerCase());
  if (caller.kind === 'token')
    return refused(403, 'A token makes no tokens', 'Sign in as a person: bellows login');
  if (scopes.includes('operate') && !caller.mayOperate)
    return refused(403, 'For operators', 'Only operators make tokens with the scope "operate".');
  if (!owners.every((owner) => sees(caller, owner)))
    return refused(404, 'No such account', 'You do not see all of these accounts.');

  const token = newToken(apiTokenPrefix, deps.random);
  const now = deps.clock.now();
  const row: ApiToken = {
    id: `token-${Buffer.from(deps.random.bytes(8)).toString('hex')}`,
    hash: tokenHash(token.reveal()),
    name,
    scopes: [...new Set(scopes)],
    owners: [...new Set(owners)],
    ...(caller.person !== undefined && { person: caller.person }),
    createdBy: caller.name,
    createdAt: now,
    expiresAt: after(now, days(validForDays)),
  };
  await deps.store.transaction((tx) => tx.apiTokens.add(row));
  return answered({ ...describeToken(row), token: token.reveal() });
}

export async function listTokens(
  deps: Deps,
  { query }: RequestOf<'listTokens'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'listTokens'>>> {
  const whose = seesAllTokens(caller)
    ? {}
    : caller.person === undefined
      ? undefined
      : { person: caller.person };
  const tokens =
    whose === undefined ? [] : await deps.store.transaction((tx) => tx.apiTokens.list(whose, query.limit));
  return answered({ now: toIso(deps.clock.now()), tokens: tokens.map(describeToken) });
}

export async function revokeToken(
  deps: Deps,
  { params }: RequestOf<'revokeToken'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'revokeToken'>>> {
  const now = deps.clock.now();
  const isRevoked = await deps.store.transaction(async (tx) => {
    const token = await tx.apiTokens.byId(params.token);
    return token !== undefined && mayRevoke(caller, token) && (await tx.apiTokens.revoke(token.id, now));
  });
  return isRevoked
    ? answered({ id: params.token, revokedAt: toIso(now) })
    : refused(404, 'No such token', `You have no valid token ${params.token}. See them: bellows token list`);
}

const seesAllTokens = ({ reach, mayOperate }: Caller): boolean => reach === 'all' && mayOperate;

/** A program with a token may give that one up, and no other of its maker's. */
function mayRevoke(caller: Caller, token: ApiToken): boolean {
  if (seesAllTokens(caller)) return true;
  const { credential, person } = caller;
  if (credential?.kind === 'token') return credential.id === token.id;
  return person !== undefined && person === token.person;
}

const describeToken = (token: ApiToken): ApiTokenShown => ({
  id: token.id,
  name: token.name,
  scopes: [...token.scopes],
  owners: [...token.owners],
  createdBy: token.createdBy,
  createdAt: toIso(token.createdAt),
  expiresAt: toIso(token.expiresAt),
  ...(token.revokedAt !== undefined && { revokedAt: toIso(token.revokedAt) }),
});
