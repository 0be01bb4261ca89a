import { beforeEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import { hours, type Instant, instantOf, after as later, minutes } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type { GitHubSignIn, Identity, UserToken } from '../../ports/github-sign-in.ts';
import { silentLog } from '../../ports/log.ts';
import { Secret } from '../../ports/secret.ts';
import type { Store } from '../../ports/store.ts';
import { People, rightsUnder, trustMs } from './people.ts';

const ada: Identity = { id: 7, login: 'Ada', organizations: ['acme', 'globex'], teams: ['acme/platform'] };
const start = instantOf(Date.UTC(2026, 10, 24));

let store: Store;
let now: Instant;
let identity: Identity;
/** Access tokens that GitHub takes, and how often it was asked. */
let good: Set<string>;
let asked: number;
let isDown: boolean;
let renewals: Map<string, UserToken>;

beforeEach(() => {
  store = openMemoryStore();
  now = start;
  identity = ada;
  good = new Set(['t1']);
  asked = 0;
  isDown = false;
  renewals = new Map();
});

const github: Pick<GitHubSignIn, 'whoIs' | 'renew'> = {
  async whoIs(token) {
    asked += 1;
    if (isDown) throw new GitHubError('cannot reach GitHub', { kind: 'unavailable' });
    return good.has(token.reveal()) ? identity : undefined;
  },
  async renew(refresh) {
    const next = renewals.get(refresh.reveal());
    renewals.delete(refresh.reveal());
    if (next !== undefined) good = new Set([next.access.reveal()]);
    return next;
  },
};
const people = (owners = ['acme', 'ada']) =>
  new People({
    store,
    log: silentLog,
    clock: { now: () => now, sleep: async () => {} },
    github: github as GitHubSignIn,
    sealer: {
      seal: async (secret) => `sealed ${Buffer.from(secret.reveal()).toString('hex')}`,
      unseal: async (text) => new Secret(Buffer.from(text.slice(7), 'hex').toString()),
    },
    policy: { owners, operators: [] },
  });
const token = (access: string, more: Partial<UserToken> = {}): UserToken => ({
  access: new Secret(access),
  ...more,
});

describe('what somebody may see', () => {
  it('is the work of the served organisations that they belong to, and of their own account', async () => {
    const all = people();
    await all.welcome(token('t1'));
    expect(await all.rightsOf(7)).toEqual({ login: 'Ada', reach: ['acme', 'ada'], mayOperate: false });
    const row = await store.transaction((tx) => tx.people.get(7));
    expect(JSON.stringify(row)).not.toContain('t1');
  });

  it.each([
    [['*'], [], { reach: ['acme', 'globex', 'ada'], mayOperate: false }],
    [['initech'], [], { reach: [], mayOperate: false }],
    [['acme'], ['ada'], { reach: 'all', mayOperate: true }],
    [['acme'], ['acme/platform'], { reach: 'all', mayOperate: true }],
    [['acme'], ['acme', 'globex/platform', 'bob'], { reach: ['acme'], mayOperate: false }],
  ])('where %o are served and %o operate', (owners, operators, rights) => {
    expect(rightsUnder({ owners, operators }, { ...ada, checkedAt: start })).toMatchObject(rights);
  });

  it('is asked for again after some minutes, once for all calls that wait for it', async () => {
    const all = people();
    await all.welcome(token('t1'));
    await all.rightsOf(7);
    expect(asked).toBe(1);
    identity = { ...ada, organizations: [] };
    now = later(start, minutes(5));
    const both = await Promise.all([all.rightsOf(7), all.rightsOf(7)]);
    expect(both).toMatchObject([{ reach: ['ada'] }, { reach: ['ada'] }]);
    expect(asked).toBe(2);
  });

  it('is nothing once GitHub refuses their token, until they sign in again', async () => {
    const all = people();
    await all.welcome(token('t1'));
    good.clear();
    now = later(start, minutes(5));
    expect(await all.rightsOf(7)).toBeUndefined();
    good.add('t1');
    expect(await all.rightsOf(7)).toBeUndefined();
    await all.welcome(token('t1'));
    expect(await all.rightsOf(7)).toBeDefined();
  });

  it('is believed for a while when GitHub does not answer, and not for ever', async () => {
    const all = people();
    await all.welcome(token('t1'));
    isDown = true;
    now = later(start, trustMs - 1);
    expect(await all.rightsOf(7)).toBeDefined();
    now = later(start, trustMs);
    await expect(all.rightsOf(7)).rejects.toBeInstanceOf(GitHubError);
  });

  it('is nothing for somebody whom we do not know, or whose token has become somebody else', async () => {
    const all = people();
    expect(await all.rightsOf(8)).toBeUndefined();
    await all.welcome(token('t1'));
    identity = { ...ada, id: 9 };
    now = later(start, minutes(5));
    expect(await all.rightsOf(7)).toBeUndefined();
  });
});

describe('a token that ends', () => {
  const shortLived = token('t1', { expiresAt: later(start, hours(8)), refresh: new Secret('r1') });
  const next = token('t2', { expiresAt: later(start, hours(16)), refresh: new Secret('r2') });

  it('is renewed before it does', async () => {
    const all = people();
    await all.welcome(shortLived);
    renewals.set('r1', next);
    now = later(start, hours(8));
    expect(await all.rightsOf(7)).toBeDefined();
    now = later(start, hours(9));
    expect(await all.rightsOf(7)).toBeDefined();
    expect(renewals.size).toBe(0);
  });

  it('is not lost when two processes renew it at once: the refresh token is good for one', async () => {
    const [one, two] = [people(), people()];
    await one.welcome(shortLived);
    renewals.set('r1', next);
    now = later(start, hours(8));
    await Promise.all([one.rightsOf(7), two.rightsOf(7)]);
    expect(await one.rightsOf(7)).toBeDefined();
    expect(await two.rightsOf(7)).toBeDefined();
  });
});
