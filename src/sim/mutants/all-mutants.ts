import { careless } from './careless.ts';
import { forgetful } from './forgetful.ts';
import { mistaken } from './mistaken.ts';
import type { Mutant } from './mutant.ts';

export const allMutants: readonly Mutant[] = [...forgetful, ...mistaken, ...careless];
