import { beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import type { ApiToken } from '../../ports/access-tables.ts';
import type { Store } from '../../ports/store.ts';
import { tokenHash } from '../requests/tokens.ts';
import { type IdentifyDeps, identify } from './identify.ts';

const secret = `bellows_api_${'x'.repeat(43)}`;
let store: Store;
let now = at(0);
let rights: Awaited<ReturnType<IdentifyDeps['rightsOf']>>;
beforeEach(() => {
  store = openMemoryStore();
  now = at(0);
  rights = { reach: ['acme', 'globex'], mayOperate: true };
});

const keep = (changes: Partial<ApiToken> = {}): Promise<void> =>
  store.transaction((tx) =>
    tx.apiTokens.add({
      id: 't1',
      hash: tokenHash(secret),
      name: 'ci',
      scopes: ['read'],
      owners: [],
      createdBy: 'ada',
      createdAt: at(0),
      expiresAt: at(1000),
      ...changes,
    }),
  );
const who = (authorization: string | undefined) =>
  identify(
    {
      store,
      clock: { now: () => now, sleep: () => Promise.resolve() },
      adminTokenHashes: [tokenHash('operators')],
      rightsOf: async () => rights,
    },
    { authorization },
  );
const bearer = `Bearer ${secret}`;

describe('a caller', () => {
  it('with the admin token sees and does everything', async () => {
    expect(await who('Bearer operators')).toMatchObject({ kind: 'admin', reach: 'all', mayOperate: true });
  });

  it('with nothing that we know is none', async () => {
    await keep();
    for (const wrong of [undefined, '', 'Bearer guess', `Basic ${secret}`, `Bearer ${tokenHash(secret)}`])
      expect(await who(wrong)).toBeUndefined();
  });

  it('with a token made with the admin token sees what the token says', async () => {
    await keep({ owners: ['acme'] });
    expect(await who(bearer)).toEqual({
      kind: 'token',
      name: "ada's token ci",
      key: 'token t1',
      reach: ['acme'],
      mayOperate: false,
    });
  });

  it('with a token that may operate operates', async () => {
    await keep({ scopes: ['read', 'operate'] });
    expect(await who(bearer)).toMatchObject({ reach: 'all', mayOperate: true });
  });

  it('with somebody’s token sees and does no more than they may now', async () => {
    await keep({ person: 7, owners: ['globex', 'initech'], scopes: ['read', 'operate'] });
    expect(await who(bearer)).toMatchObject({ person: 7, reach: ['globex'], mayOperate: true });
    rights = { reach: ['acme'], mayOperate: false };
    expect(await who(bearer)).toMatchObject({ reach: [], mayOperate: false });
    rights = undefined;
    expect(await who(bearer)).toBeUndefined();
  });

  it('with a token that was revoked, or has run out, is none', async () => {
    await keep();
    now = at(999);
    expect(await who(bearer)).toBeDefined();
    now = at(1000);
    expect(await who(bearer)).toBeUndefined();
    now = at(1);
    await store.transaction((tx) => tx.apiTokens.revoke('t1', at(1)));
    expect(await who(bearer)).toBeUndefined();
  });
});
