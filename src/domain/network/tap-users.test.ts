import { describe, expect, it } from 'vitest';
import { freeUser, holdsUser } from './tap-users.ts';

const users = { first: 500, count: 2 };

describe('users for VMs', () => {
  it('are given once', () => {
    expect(freeUser(users, new Set())).toBe(500);
    expect(freeUser(users, new Set([500, 7]))).toBe(501);
    expect(freeUser(users, new Set([501]))).toBe(500);
    expect(freeUser(users, new Set([500, 501]))).toBeUndefined();
  });

  it('are those of the range and no others', () => {
    expect([499, 500, 501, 502].map((user) => holdsUser(users, user))).toEqual([false, true, true, false]);
  });
});
