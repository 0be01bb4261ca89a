// What the insights' handlers share: whose rows are counted.

import { type Caller, narrowed } from '../../domain/access/caller.ts';

/** For the filter: the accounts that are asked for, as far as the caller sees them. */
export function ownersCounted(caller: Caller, owner: string | undefined): { owners?: readonly string[] } {
  const owners = narrowed(caller.reach, owner === undefined ? 'all' : [owner.toLowerCase()]);
  return owners === 'all' ? {} : { owners };
}
