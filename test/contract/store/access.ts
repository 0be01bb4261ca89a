import { expect } from 'vitest';
import type { ApiToken, AuditEntry, LoginSession, Person } from '../../../src/ports/access-tables.ts';
import { itWith, type OpenStores, within } from './stores.ts';
import { at } from './things.ts';

const ada: Person = {
  id: 7,
  login: 'Ada',
  organizations: ['acme'],
  teams: ['acme/ops'],
  sealedToken: 'sealed',
  checkedAt: at(0),
};
const session: LoginSession = { hash: 'ab', person: 7, createdAt: at(0), expiresAt: at(100) };
const token = (n: number, changes: Partial<ApiToken> = {}): ApiToken => ({
  id: `token-${n}`,
  hash: `hash-${n}`,
  name: 'ci',
  scopes: ['read'],
  owners: [],
  person: 7,
  createdBy: 'ada',
  createdAt: at(n),
  expiresAt: at(1000),
  ...changes,
});
const entry = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
  at: at(0),
  by: 'ada',
  from: '::1',
  action: 'orderHost',
  data: { order: 'drain', nested: ['x'] },
  ...changes,
});

export function accessContract(open: OpenStores): void {
  const it = itWith(open);

  it('knows a person as they were last told', async ({ a, b }) => {
    expect(await within(a, (tx) => tx.people.get(7))).toBeUndefined();
    await within(a, (tx) => tx.people.put(ada));
    expect(await within(b, (tx) => tx.people.get(7))).toStrictEqual(ada);
    const { sealedToken: _, ...refused } = ada;
    await within(b, (tx) => tx.people.put({ ...refused, organizations: [], checkedAt: at(1) }));
    expect(await within(a, (tx) => tx.people.get(7))).toStrictEqual({
      ...refused,
      organizations: [],
      checkedAt: at(1),
    });
  });

  it('knows a session until it ends, is ended or is swept', async ({ a, b }) => {
    await within(a, async (tx) => {
      await tx.sessions.add(session);
      await tx.sessions.add({ ...session, hash: 'cd', expiresAt: at(200) });
    });
    expect(await within(b, (tx) => tx.sessions.get('ab', at(99)))).toStrictEqual(session);
    expect(await within(b, (tx) => tx.sessions.get('ab', at(100)))).toBeUndefined();
    await within(b, (tx) => tx.sessions.sweep(at(100)));
    expect(await within(a, (tx) => tx.sessions.get('ab', at(0)))).toBeUndefined();
    expect(await within(a, (tx) => tx.sessions.get('cd', at(0)))).toBeDefined();
    await within(a, (tx) => tx.sessions.remove('cd'));
    await within(a, (tx) => tx.sessions.remove('cd'));
    expect(await within(b, (tx) => tx.sessions.get('cd', at(0)))).toBeUndefined();
  });

  it('finds a token by its hash, revoked or not, and revokes it once', async ({ a, b }) => {
    await within(a, (tx) => tx.apiTokens.add(token(1)));
    expect(await within(b, (tx) => tx.apiTokens.byHash('hash-1'))).toStrictEqual(token(1));
    expect(await within(b, (tx) => tx.apiTokens.byHash('token-1'))).toBeUndefined();
    expect(await within(b, (tx) => tx.apiTokens.byId('token-1'))).toStrictEqual(token(1));
    const revoked = await Promise.all(
      [a, b].map((one) => within(one, (tx) => tx.apiTokens.revoke('token-1', at(5)))),
    );
    expect(revoked.toSorted()).toEqual([false, true]);
    expect(await within(a, (tx) => tx.apiTokens.byHash('hash-1'))).toMatchObject({ revokedAt: at(5) });
    expect(await within(a, (tx) => tx.apiTokens.revoke('token-9', at(5)))).toBe(false);
  });

  it('lists tokens page by page, newest first, of one person or of all', async ({ a }) => {
    const { person: _, ...ofAdmin } = token(3);
    await within(a, async (tx) => {
      for (const one of [token(1), token(2), ofAdmin, token(4, { createdAt: at(2) })])
        await tx.apiTokens.add(one);
    });
    const ids = async (
      ...args: Parameters<Parameters<Parameters<typeof a.transaction>[0]>[0]['apiTokens']['list']>
    ) => (await within(a, (tx) => tx.apiTokens.list(...args))).map(({ id }) => id);
    expect(await ids({}, 9)).toEqual(['token-3', 'token-4', 'token-2', 'token-1']);
    expect(await ids({}, 2)).toEqual(['token-3', 'token-4']);
    expect(await ids({}, 9, { at: at(2), id: 'token-4' })).toEqual(['token-2', 'token-1']);
    expect(await ids({ person: 7 }, 9)).toEqual(['token-4', 'token-2', 'token-1']);
    expect(await ids({ person: 8 }, 9)).toEqual([]);
  });

  it('writes down what operators do, before and after', async ({ a, b }) => {
    const first = await within(a, (tx) => tx.audit.append(entry()));
    const second = await within(b, (tx) =>
      tx.audit.append(entry({ by: 'bob', action: 'repairNow', at: at(9) })),
    );
    await within(b, (tx) => tx.audit.finish(first, 409));
    expect(await within(a, (tx) => tx.audit.list({}, 9))).toStrictEqual([
      { ...entry({ by: 'bob', action: 'repairNow', at: at(9) }), number: second },
      { ...entry(), number: first, status: 409 },
    ]);
    const numbers = async (
      ...args: Parameters<Parameters<Parameters<typeof a.transaction>[0]>[0]['audit']['list']>
    ) => (await within(a, (tx) => tx.audit.list(...args))).map(({ number }) => number);
    expect(await numbers({}, 1)).toEqual([second]);
    expect(await numbers({}, 9, second)).toEqual([first]);
    expect(await numbers({ by: 'ada' }, 9)).toEqual([first]);
    expect(await numbers({ action: 'repairNow' }, 9)).toEqual([second]);
    expect(await numbers({ since: at(5) }, 9)).toEqual([second]);
  });
}
