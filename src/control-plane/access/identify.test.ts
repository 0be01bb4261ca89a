import { beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import type { ApiToken } from '../../ports/access-tables.ts';
import type { Store } from '../../ports/store.ts';
import { tokenHash } from '../requests/tokens.ts';
import { type Credentials, csrfTokenOf, type IdentifyDeps, identify, sessionPrefix } from './identify.ts';

const secret = `bellows_api_${'x'.repeat(43)}`;
let store: Store;
let now = at(0);
let rights: Awaited<ReturnType<IdentifyDeps['rightsOf']>>;
beforeEach(() => {
  store = openMemoryStore();
  now = at(0);
  rights = { login: 'ada', reach: ['acme', 'globex'], mayOperate: true };
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
const who = (authorization: string | undefined, cookie?: Credentials['cookie']) =>
  identify(
    {
      store,
      clock: { now: () => now, sleep: () => Promise.resolve() },
      adminTokenHashes: [tokenHash('operators')],
      rightsOf: async () => rights,
    },
    { authorization, ...(cookie && { cookie }) },
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
      credential: { kind: 'token', id: 't1' },
    });
  });

  it('with a token that may operate operates', async () => {
    await keep({ scopes: ['read', 'operate'] });
    expect(await who(bearer)).toMatchObject({ reach: 'all', mayOperate: true });
  });

  it('with somebody’s token sees and does no more than they may now', async () => {
    await keep({ person: 7, owners: ['globex', 'initech'], scopes: ['read', 'operate'] });
    expect(await who(bearer)).toMatchObject({ person: 7, reach: ['globex'], mayOperate: true });
    rights = { login: 'ada', reach: ['acme'], mayOperate: false };
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

describe('a session', () => {
  const session = `${sessionPrefix}${'y'.repeat(43)}`;
  const hash = tokenHash(session);
  const cookie = (changes: Partial<NonNullable<Credentials['cookie']>> = {}) => ({
    session,
    csrfToken: undefined,
    changesThings: false,
    ...changes,
  });
  const signIn = (): Promise<void> =>
    store.transaction((tx) => tx.sessions.add({ hash, person: 7, createdAt: at(0), expiresAt: at(1000) }));
  const ada = { kind: 'person', name: 'ada', person: 7, credential: { kind: 'session', hash } };

  it('is its person, by cookie and by header, until it ends', async () => {
    await signIn();
    expect(await who(undefined, cookie())).toMatchObject({ ...ada, reach: ['acme', 'globex'] });
    expect(await who(`Bearer ${session}`)).toMatchObject(ada);
    now = at(1000);
    expect(await who(undefined, cookie())).toBeUndefined();
  });

  it('is nobody when its person may nothing any more', async () => {
    await signIn();
    rights = undefined;
    expect(await who(undefined, cookie())).toBeUndefined();
  });

  it('changes things by cookie only with the token that a page of somebody else cannot know', async () => {
    await signIn();
    for (const csrfToken of [undefined, '', 'guess', csrfTokenOf(tokenHash('another'))])
      expect(await who(undefined, cookie({ changesThings: true, csrfToken }))).toBe('no-csrf-token');
    const csrfToken = csrfTokenOf(hash);
    expect(await who(undefined, cookie({ changesThings: true, csrfToken }))).toMatchObject(ada);
    expect(await who(`Bearer ${session}`)).toMatchObject(ada);
  });

  it('gives way to a header that is no good', async () => {
    await signIn();
    expect(await who('Bearer guess', cookie())).toBeUndefined();
  });
});
