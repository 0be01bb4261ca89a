import { describe, expect, it } from 'vitest';
import { accessRules, admin, type Caller, narrowed, nobody, ownersSeen, refusalFor, sees } from './caller.ts';

const person = (changes: Partial<Caller>): Caller => ({
  kind: 'person',
  name: 'ada',
  key: 'person 1',
  reach: ['acme'],
  mayOperate: false,
  ...changes,
});
const allowed = (caller: Caller): string[] => accessRules.filter((rule) => !refusalFor(rule, caller));

describe('a caller', () => {
  it('who did not say who they are gets what is for anyone', () => {
    expect(allowed(nobody)).toEqual(['anyone']);
    expect(refusalFor('self', nobody)).toBe('sign-in');
  });

  it('with the operators’ own token may do everything and sees everything', () => {
    expect(allowed(admin)).toEqual([...accessRules]);
    expect(sees(admin, 'acme')).toBe(true);
    expect(admin).toMatchObject({ kind: 'admin', name: 'the admin token', key: 'admin' });
  });

  it('is written into the audit log as nobody when nobody is known', () => {
    expect(nobody).toEqual({ kind: 'nobody', name: 'nobody', key: 'nobody', reach: [], mayOperate: false });
  });

  it('who belongs to no account that is served sees themselves only', () => {
    const stranger = person({ reach: [] });
    expect(allowed(stranger)).toEqual(['anyone', 'self']);
    expect(refusalFor('member', stranger)).toBe('no-account');
    expect(allowed(person({ reach: [], mayOperate: true }))).toEqual(['anyone', 'self']);
  });

  it('who is a member reads, and changes nothing', () => {
    expect(allowed(person({}))).toEqual(['anyone', 'self', 'member']);
    expect(refusalFor('operator-of', person({}))).toBe('not-operator');
  });

  it('who sees everything and may not operate only reads', () => {
    expect(allowed(person({ reach: 'all' }))).toEqual(['anyone', 'self', 'member']);
  });

  it('who operates some accounts decides nothing about the fleet', () => {
    expect(allowed(person({ mayOperate: true }))).toEqual(['anyone', 'self', 'member', 'operator-of']);
    expect(allowed(person({ mayOperate: true, reach: 'all' }))).toEqual([...accessRules]);
  });

  it('sees the accounts in their reach', () => {
    expect(sees(person({}), 'acme')).toBe(true);
    expect(sees(person({}), 'globex')).toBe(false);
    expect(sees(person({ reach: 'all' }), 'globex')).toBe(true);
  });

  it('gets lists of the accounts in their reach, and of all without a bound', () => {
    expect(ownersSeen(person({ reach: ['acme'] }))).toEqual({ owners: ['acme'] });
    expect(ownersSeen(person({ reach: [] }))).toEqual({ owners: [] });
    expect(ownersSeen(admin)).toEqual({});
  });

  it('never sees more through a token than without', () => {
    expect(narrowed('all', ['acme'])).toEqual(['acme']);
    expect(narrowed(['acme', 'globex'], 'all')).toEqual(['acme', 'globex']);
    expect(narrowed(['acme', 'globex'], ['globex', 'initech'])).toEqual(['globex']);
  });
});
