import type { Credentials, Terminal } from '../../src/cli/outcome.ts';

/** A terminal at which nobody has signed in. */
export const noCredentials: Credentials = {
  keep: async () => 'nowhere',
  client: async () => undefined,
  forget: async () => {},
};

/** A terminal without a token of GitHub. */
export const noGitHub: Terminal['github'] = () => Promise.reject(new Error('no token of GitHub'));
