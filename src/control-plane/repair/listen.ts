import type { Repair } from '../../domain/repair/repair.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';

/** A transaction like any other, that also gives what was written into the book in it. */
export async function listening<T>(
  { store }: Pick<Deps, 'store'>,
  work: (tx: Transaction) => Promise<T>,
): Promise<{ result: T; mended: readonly Repair[] }> {
  return store.transaction(async (tx) => {
    // Made anew in each try: what an earlier one wrote was rolled back.
    const mended: Repair[] = [];
    const append = (repairs: readonly Repair[]): Promise<void> => {
      mended.push(...repairs);
      return tx.repairs.append(repairs);
    };
    return { result: await work({ ...tx, repairs: { ...tx.repairs, append } }), mended };
  });
}
