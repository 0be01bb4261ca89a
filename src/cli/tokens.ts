import type { CallOf } from '../wire/api/endpoints.ts';
import { age } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

export type NewTokenRequest = NonNullable<CallOf<'makeToken'>['body']>;

/** `bellows token create` */
export const createToken =
  (body: NewTokenRequest): Command =>
  async (api) =>
    outcomeOf(await api.call('makeToken', { body }), (value) => ({
      ok: true,
      json: value,
      text: [
        value.token,
        '',
        `It is not shown again. Good until ${value.expiresAt}; revoke it: bellows token revoke ${value.id}`,
      ].join('\n'),
    }));

/** `bellows token list` */
export const listTokens =
  (query: NonNullable<CallOf<'listTokens'>['query']>): Command =>
  async (api) =>
    outcomeOf(await api.call('listTokens', { query }), (value) => ({
      ok: true,
      json: value,
      text:
        value.tokens.length === 0
          ? 'There are no tokens.'
          : table(
              ['id', 'name', 'scopes', 'accounts', 'made by', 'ago', 'state'],
              value.tokens.map((token) => [
                token.id,
                token.name,
                token.scopes.join(' '),
                token.owners.join(' ') || 'all',
                token.createdBy,
                age(token.createdAt, value.now),
                stateOf(token, value.now),
              ]),
            ),
    }));

/** `bellows token revoke` */
export const revokeToken =
  (token: string): Command =>
  async (api) =>
    outcomeOf(await api.call('revokeToken', { params: { token } }), (value) => ({
      ok: true,
      json: value,
      text: `${value.id} is revoked.`,
    }));

function stateOf(token: { expiresAt: string; revokedAt?: string | undefined }, now: string): string {
  if (token.revokedAt !== undefined) return `revoked ${token.revokedAt}`;
  return token.expiresAt <= now ? 'run out' : `good until ${token.expiresAt}`;
}
