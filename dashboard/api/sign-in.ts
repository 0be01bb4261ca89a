// Who this page speaks for. The admin token lives in sessionStorage: it ends with the tab, and no other site can read it.

import { useSyncExternalStore } from 'react';
import type { Endpoint } from '../../src/wire/api/endpoint.ts';

const key = 'bellows-token';

export type SignInState = 'out' | 'in' | 'refused';

let state: SignInState = sessionStorage.getItem(key) === null ? 'out' : 'in';
const listeners = new Set<() => void>();

function become(next: SignInState): void {
  state = next;
  for (const tell of listeners) tell();
}

export const credentials = {
  headers({ access }: Pick<Endpoint, 'access'>): Record<string, string> {
    const token = sessionStorage.getItem(key);
    return token === null || access === 'anyone' ? {} : { authorization: `Bearer ${token}` };
  },
  /** Takes the token for the next calls; `accept` or `refuse` says how it went. */
  take(token: string): void {
    sessionStorage.setItem(key, token.trim());
  },
  accept(): void {
    become('in');
  },
  signOut(): void {
    sessionStorage.removeItem(key);
    become('out');
  },
  /** The control plane does not know the token, or no longer. */
  refuse(): void {
    sessionStorage.removeItem(key);
    become('refused');
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
