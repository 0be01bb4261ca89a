import { careless } from './careless.ts';
import { forgetful } from './forgetful.ts';
import { mistaken } from './mistaken.ts';
import type { Mutant } from './mutant.ts';
import { talkative } from './talkative.ts';

export const allMutants: readonly Mutant[] = [...forgetful, ...mistaken, ...careless, ...talkative];
