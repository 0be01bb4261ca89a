import { beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import { admin, type Caller } from '../../domain/access/caller.ts';
import { days } from '../../domain/time.ts';
import type { Store } from '../../ports/store.ts';
import { seededRandom } from '../../sim/github/stage.ts';
import { listTokens, makeToken, revokeToken } from './api-tokens.ts';
import { tokenHash } from './tokens.ts';

const ada: Caller = {
  kind: 'person',
  name: 'ada',
  key: 'session 1',
  reach: ['acme'],
  mayOperate: false,
  person: 1,
};
const bob: Caller = { ...ada, name: 'bob', person: 2 };
const program: Caller = { ...ada, kind: 'token', credential: { kind: 'token', id: 'token-x' } };
let store: Store;
beforeEach(() => {
  store = openMemoryStore();
});
const random = seededRandom('tokens');
const deps = () => ({ store, random, clock: { now: () => at(0), sleep: async () => {} } });
const make = (caller: Caller, changes = {}) => {
  const body = { name: 'ci', scopes: ['read' as const], owners: [], validForDays: 90, ...changes };
  return makeToken(deps(), { params: {}, query: {}, body }, caller);
};
const made = async (caller: Caller, changes = {}) => {
  const answer = await make(caller, changes);
  if (!answer.ok) throw new Error(answer.problem.detail);
  return answer.value;
};
const list = async (caller: Caller) => {
  const answer = await listTokens(deps(), { params: {}, query: { limit: 50 }, body: {} }, caller);
  return answer.ok ? answer.value.tokens.map(({ id }) => id) : [];
};
const revoke = async (caller: Caller, token: string) => {
  const answer = await revokeToken(deps(), { params: { token }, query: {}, body: {} }, caller);
  return answer.ok ? 200 : answer.problem.status;
};

describe('a token', () => {
  it('is shown once and kept as its hash', async () => {
    const { token, id, expiresAt } = await made(ada);
    expect(expiresAt).toBe(new Date(at(days(90))).toISOString());
    const row = await store.transaction((tx) => tx.apiTokens.byId(id));
    expect(row).toMatchObject({ hash: tokenHash(token), person: 1, createdBy: 'ada' });
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it('is of its maker; operators see those of all', async () => {
    const [one, two] = [await made(ada), await made(bob)];
    expect(await list(ada)).toEqual([one.id]);
    expect(new Set(await list(admin))).toEqual(new Set([one.id, two.id]));
    expect(await list({ ...program, person: undefined as never })).toEqual([]);
  });

  it('has no rights that its maker lacks', async () => {
    expect(await make(ada, { scopes: ['operate'] })).toMatchObject({ problem: { status: 403 } });
    expect(await make(ada, { owners: ['globex'] })).toMatchObject({ problem: { status: 404 } });
    expect(await make(ada, { owners: ['ACME'] })).toMatchObject({ value: { owners: ['acme'] } });
    expect(await make(admin, { scopes: ['read', 'operate'], owners: ['globex'] })).toMatchObject({
      ok: true,
    });
  });

  it('makes no tokens', async () => {
    expect(await make(program)).toMatchObject({ problem: { status: 403 } });
  });

  it('is revoked by its maker or an operator, once', async () => {
    const { id } = await made(ada);
    expect(await revoke(bob, id)).toBe(404);
    expect(await revoke(ada, id)).toBe(200);
    expect(await revoke(ada, id)).toBe(404);
    expect(await revoke(admin, (await made(ada)).id)).toBe(200);
  });

  it('revokes itself and no other of its maker', async () => {
    const [one, two] = [await made(ada), await made(ada)];
    const self: Caller = { ...program, credential: { kind: 'token', id: one.id } };
    expect(await revoke(self, two.id)).toBe(404);
    expect(await revoke(self, one.id)).toBe(200);
  });
});
