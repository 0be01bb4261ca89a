import type { Credentials } from '../../src/cli/outcome.ts';

/** A terminal at which nobody has signed in. */
export const noCredentials: Credentials = {
  keep: async () => 'nowhere',
  client: async () => undefined,
  forget: async () => {},
};
