// Mutants that leave the simulated world: no checker need look, for the run ends as a crash.

import type { Mutant } from './mutant.ts';

export const escaping: readonly Mutant[] = [
  {
    name: 'computes on another thread',
    caughtBy: 'the guard',
    make: () => ({
      deps: (deps) => ({
        ...deps,
        sealer: {
          // Nobody can say when that is done.
          seal: async (secret, receiver) => {
            await crypto.subtle.digest('SHA-256', new Uint8Array(1));
            return deps.sealer.seal(secret, receiver);
          },
        },
      }),
    }),
  },
  {
    name: 'lets an error escape',
    caughtBy: 'the process',
    make: () => ({
      deps: (deps) => ({
        ...deps,
        sealer: {
          seal: (secret, receiver) => {
            void Promise.reject(new Error('nobody catches this'));
            return deps.sealer.seal(secret, receiver);
          },
        },
      }),
    }),
  },
];
