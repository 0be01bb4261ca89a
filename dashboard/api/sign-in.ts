// Who this page speaks for: a person whom GitHub sent back with a cookie, or whoever pasted the admin token. The token lives
// in sessionStorage: it ends with the tab, and no other site can read it. Which it is, the control plane says (`me`).

import { useSyncExternalStore } from 'react';
import type { Endpoint } from '../../src/wire/api/endpoint.ts';
import type { AnswerOf } from '../../src/wire/api/endpoints.ts';

const key = 'bellows-token';

export type Me = AnswerOf<'me'>;
/** `unknown`: the control plane was not asked yet. `refused`: it did not take what it was shown. */
export type SignInState = { is: 'unknown' | 'out' | 'refused' } | { is: 'in'; me: Me };

let state: SignInState = { is: 'unknown' };
const listeners = new Set<() => void>();

function become(next: SignInState): void {
  state = next;
  for (const tell of listeners) tell();
}

export const credentials = {
  headers({ access, method }: Pick<Endpoint, 'access' | 'method'>): Record<string, string> {
    if (access === 'anyone') return {};
    const token = sessionStorage.getItem(key);
    if (token !== null) return { authorization: `Bearer ${token}` };
    // With the cookie alone another site could change things in the person's name.
    const csrfToken = state.is === 'in' ? state.me.csrfToken : undefined;
    return method === 'GET' || csrfToken === undefined ? {} : { 'x-csrf-token': csrfToken };
  },
  /** Takes the token for the next calls; `accept` or `refuse` says how it went. */
  take(token: string): void {
    sessionStorage.setItem(key, token.trim());
  },
  accept(me: Me): void {
    become({ is: 'in', me });
  },
  /** The control plane does not know whom we spoke for, or no longer. */
  refuse(): void {
    const hadSome = state.is === 'in' || sessionStorage.getItem(key) !== null;
    sessionStorage.removeItem(key);
    become({ is: hadSome ? 'refused' : 'out' });
  },
  hasToken: (): boolean => sessionStorage.getItem(key) !== null,
  forget(): void {
    sessionStorage.removeItem(key);
    become({ is: 'out' });
  },
};

export const useSignIn = (): SignInState =>
  useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => state,
  );

/** Whether one may change things here; the control plane judges by itself all the same. */
export const useMayOperate = (): boolean => {
  const now = useSignIn();
  return now.is === 'in' && now.me.mayOperate;
};
