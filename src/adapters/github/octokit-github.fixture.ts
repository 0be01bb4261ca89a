import { generateKeyPairSync } from 'node:crypto';
import { GitHubError } from '../../ports/github.ts';
import type { Budget, Transaction } from '../../ports/store.ts';

/** An App's private key, as GitHub gives it. */
export const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** A store that has nothing but the budgets. */
export const budgetStore = (budgets: () => Map<string, Budget>) => ({
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const budget = {
      get: async (bucket: string) => budgets().get(bucket),
      put: async (bucket: string, row: Budget) => void budgets().set(bucket, row),
    };
    return work({ budget, lock: async () => {} } as unknown as Transaction);
  },
});

/** What the call is refused with. @throws when it is not */
export async function refusal(promise: Promise<unknown>): Promise<GitHubError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GitHubError)) throw new Error('expected a GitHubError', { cause: error });
  return error;
}
