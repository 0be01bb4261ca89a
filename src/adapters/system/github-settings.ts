// The GitHub App, whom it serves, and who signs in with it.

import { flag, integer, names, numbersByName, path, text, url } from './parsers.ts';
import { optional, required, setting } from './setting.ts';

const githubApi = 'https://api.github.com';

export const githubSettings = {
  appId: required(
    'BELLOWS_GITHUB_APP_ID',
    integer(1, Number.MAX_SAFE_INTEGER),
    'Id of your GitHub App, from its page.',
  ),
  privateKeyFile: required(
    'BELLOWS_GITHUB_PRIVATE_KEY_FILE',
    path,
    'The private key of the App, as downloaded from its page (PEM).',
  ),
  webhookSecretFile: required(
    'BELLOWS_WEBHOOK_SECRET_FILE',
    path,
    "The secret of the App's webhook. Two lines while you change it: both are valid.",
  ),
  githubApiUrl: setting(
    'BELLOWS_GITHUB_API_URL',
    githubApi,
    url,
    'The REST API: for GitHub Enterprise Server `https://HOST/api/v3`.',
  ),
  githubStatusPage: optional(
    'BELLOWS_GITHUB_STATUS',
    pageOrOff,
    "GitHub's status page, with which incidents are compared (docs/attribution.md), or `off`: it is not read. When unset, `https://www.githubstatus.com` for GitHub's own API, and none for another.",
  ),
  owners: required(
    'BELLOWS_OWNERS',
    names,
    'Accounts that we serve, separated by commas; `*` serves everybody who installs the App. Others get no VM.',
  ),
  runnerGroups: setting(
    'BELLOWS_RUNNER_GROUPS',
    '',
    numbersByName,
    "Runner group of an organisation, as `acme=3,globex=7`; GitHub's default group 1 for those not named.",
  ),
  clientId: optional(
    'BELLOWS_GITHUB_CLIENT_ID',
    text,
    "The App's client id, from its page: people sign in with GitHub (docs/access.md). Only tokens are taken when unset.",
  ),
  clientSecretFile: optional(
    'BELLOWS_GITHUB_CLIENT_SECRET_FILE',
    path,
    'File with a client secret of the App. When it changes, everybody signs in anew.',
  ),
  operators: setting(
    'BELLOWS_OPERATORS',
    '',
    names,
    'Who sees everything and may change things: logins at GitHub, and teams as `acme/platform`, separated by commas.',
  ),
  servePublic: setting(
    'BELLOWS_SERVE_PUBLIC',
    'false',
    flag,
    'Serve public repositories. Anybody can run code there by a pull request.',
  ),
  checkRuns: setting(
    'BELLOWS_CHECK_RUNS',
    'true',
    flag,
    'Say by a check run on the commit why a job waits for what cannot be. The App needs the permission *Checks: write* for it, and does without.',
  ),
  readLogs: setting(
    'BELLOWS_READ_LOGS',
    'true',
    flag,
    "Look at the end of a failed job's log, as GitHub has it, for why it failed. Nothing of it is kept but the kind of failure and the name of what was missing.",
  ),
  serveForks: setting('BELLOWS_SERVE_FORKS', 'false', flag, 'Serve repositories that are forks.'),
} as const;

/** Where nobody wishes anything else. A GitHub Enterprise Server is not on GitHub's page. */
export const statusPageOf = ({
  githubStatusPage,
  githubApiUrl,
}: {
  githubStatusPage: string | undefined;
  githubApiUrl: string;
}): string | undefined => {
  if (githubStatusPage !== undefined) return githubStatusPage === 'off' ? undefined : githubStatusPage;
  return githubApiUrl === githubApi ? 'https://www.githubstatus.com' : undefined;
};

function pageOrOff(value: string): string {
  return value === 'off' ? value : url(value);
}
