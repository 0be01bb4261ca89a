// A user for each VM. It owns the VM's tap, and a VMM that can be held down runs as it: one that its guest has taken over can
// touch nothing of another VM. Nothing of it is stored: the tap itself says whose it is.

/** Users, and groups of the same numbers, that nothing else on the host uses. */
export interface UserRange {
  /** Never 0, which is root. */
  first: number;
  count: number;
}

export const holdsUser = ({ first, count }: UserRange, user: number): boolean =>
  user >= first && user < first + count;

/** The first that is not taken; undefined when all are. */
export function freeUser({ first, count }: UserRange, taken: ReadonlySet<number>): number | undefined {
  for (let user = first; user < first + count; user++) if (!taken.has(user)) return user;
  return undefined;
}
