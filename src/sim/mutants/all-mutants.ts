import { careless } from './careless.ts';
import { escaping } from './escaping.ts';
import { forgetful } from './forgetful.ts';
import { mistaken } from './mistaken.ts';
import type { Mutant } from './mutant.ts';
import { talkative } from './talkative.ts';

/** Those that a checker finds. */
export const allMutants: readonly Mutant[] = [...forgetful, ...mistaken, ...careless, ...talkative];

/** With those that no checker need find, since the run itself comes to a bad end. */
export const brokenProducts: readonly Mutant[] = [...allMutants, ...escaping];
