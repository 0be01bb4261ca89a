// `bellows check github`: looks at the App as GitHub sees it, and says of each thing whether it is right, what it means and
// how to mend it. Nothing is changed, except that GitHub is asked to deliver one old delivery again.

import type { Clock } from '../ports/clock.ts';
import { type AppInfo, type GitHub, GitHubError, type Installation } from '../ports/github.ts';
import type { GitHubHook } from '../ports/github-hook.ts';
import type { Store } from '../ports/store.ts';
import type { Finding } from '../wire/api/system.ts';
import { checkWebhook } from './check-webhook.ts';
import { failure, ok, warning } from './finding.ts';

export interface CheckDeps {
  github: GitHub;
  hook: GitHubHook;
  store: Store;
  clock: Clock;
  check: {
    appId: number;
    /** Where the control plane is reached from outside, as configured; undefined when nobody told. */
    publicUrl: string | undefined;
    /** As in the settings. */
    owners: readonly string[];
    runnerGroups: Readonly<Record<string, number>>;
    /** Whether authors are to be told by them. */
    checkRuns?: boolean;
  };
}

export async function checkGitHub(deps: CheckDeps): Promise<readonly Finding[]> {
  const app = await attempt('key', '', () => deps.github.app());
  if ('finding' in app) return [app.finding];
  const installations = await attempt('installations', '', () => deps.github.installations());
  const about = [
    checkApp(deps, app.value),
    checkEvents(app.value.events, ''),
    await checkWebhook(deps, app.value),
    await checkUnreadable(deps),
  ];
  if ('finding' in installations) return [...about, installations.finding];
  const served = installations.value.filter((one) => isServed(deps, one));
  const each: Finding[] = [];
  for (const installation of served) each.push(...(await checkInstallation(deps, installation)));
  return [...about, checkInstallations(deps, installations.value, served), ...each];
}

const isServed = ({ check }: CheckDeps, installation: Installation): boolean =>
  check.owners.includes('*') || check.owners.includes(installation.account.toLowerCase());

function checkApp({ check }: CheckDeps, app: AppInfo): Finding {
  return app.id === check.appId
    ? ok('key', '', `The key is good: this is the App ${app.slug} (${app.id}).`)
    : failure(
        'key',
        '',
        `The key belongs to the App ${app.id}, not to ${check.appId}.`,
        'Set BELLOWS_GITHUB_APP_ID to the id on the App’s page, or make a new private key on the page of the App that you meant.',
      );
}

function checkEvents(events: readonly string[], subject: string): Finding {
  return events.includes('workflow_job')
    ? ok('events', subject, 'GitHub tells us of workflow jobs.')
    : failure(
        'events',
        subject,
        'GitHub does not tell us of workflow jobs: they are found by the slow poll only.',
        'On the App’s page, under "Permissions & events", subscribe to "Workflow job".',
      );
}

/** What could not be read is never dropped; here is where somebody sees it. */
async function checkUnreadable({ store }: CheckDeps): Promise<Finding> {
  const unreadable = await store.transaction(async (tx) => ({
    count: await tx.deliveries.count('unreadable'),
    newest: (await tx.deliveries.list({ state: 'unreadable' }, 1))[0],
  }));
  if (unreadable.newest === undefined) return ok('deliveries', '', 'Every delivery could be read.');
  const { guid, note } = unreadable.newest;
  return warning(
    'deliveries',
    '',
    `${unreadable.count} deliveries could not be read; the newest is ${guid}: ${note}.`,
    'If it names the content type, set that to application/json on the App’s page. Otherwise tell us: it is a bug.',
  );
}

function checkInstallations(
  { check }: CheckDeps,
  all: readonly Installation[],
  served: readonly Installation[],
): Finding {
  const names = served.map(({ account }) => account).join(', ');
  if (served.length > 0) return ok('installations', '', `We serve ${names}.`);
  return all.length === 0
    ? failure(
        'installations',
        '',
        'The App is not installed anywhere.',
        'On the App’s page, under "Install App", install it in your organisation or account.',
      )
    : failure(
        'installations',
        '',
        `The App is installed in ${all.map(({ account }) => account).join(', ')}, but we serve only ${check.owners.join(', ') || 'nobody'}.`,
        'Add the account to BELLOWS_OWNERS.',
      );
}

async function checkInstallation(deps: CheckDeps, installation: Installation): Promise<Finding[]> {
  const { account, accountKind, permissions, events } = installation;
  const isOrganization = accountKind === 'organization';
  const wanted: [string, 'read' | 'write'][] = [
    isOrganization ? ['organization_self_hosted_runners', 'write'] : ['administration', 'write'],
    ['actions', 'read'],
  ];
  const missing = wanted.filter(([name, level]) => !grants(permissions[name], level));
  const findings = [
    missing.length === 0
      ? ok('permissions', account, 'The App may register runners and read workflow jobs.')
      : failure(
          'permissions',
          account,
          `Missing: ${missing.map((one) => one.join(': ')).join(', ')}.`,
          `On the App’s page, under "Permissions & events", grant them; then an owner of ${account} must accept the change on the page of the installation.`,
        ),
  ];
  if (deps.check.checkRuns === true) findings.push(checkChecks(account, permissions.checks));
  if (!events.includes('workflow_job')) findings.push(checkEvents(events, account));
  if (isOrganization) findings.push(await checkRunnerGroup(deps, installation));
  return findings;
}

/** Optional: without it everything works, and authors are told nothing at GitHub. */
const checkChecks = (account: string, given: string | undefined): Finding =>
  grants(given, 'write')
    ? ok('check runs', account, 'Authors are told at GitHub when a job waits for what cannot be.')
    : warning(
        'check runs',
        account,
        'Authors are not told at GitHub when a job waits for what cannot be: the permission is missing.',
        'On the App’s page, under "Permissions & events", grant "Checks: Read and write" and accept it in the installation; or set BELLOWS_CHECK_RUNS=false.',
      );

const grants = (given: string | undefined, wanted: 'read' | 'write'): boolean =>
  given === 'admin' || given === 'write' || given === wanted;

async function checkRunnerGroup(deps: CheckDeps, { id, account }: Installation): Promise<Finding> {
  const groupId = deps.check.runnerGroups[account.toLowerCase()] ?? 1;
  const scope = { kind: 'organization', installationId: id, login: account, groupId } as const;
  const groups = await attempt('runner groups', account, () => deps.github.runnerGroups(scope));
  if ('finding' in groups) return groups.finding;
  const group = groups.value.find((one) => one.id === groupId);
  const known = groups.value.map((one) => `${one.name} (${one.id})`).join(', ');
  if (group === undefined) {
    return failure(
      'runner groups',
      account,
      `There is no runner group ${groupId}; there are ${known}.`,
      `Set BELLOWS_RUNNER_GROUPS to ${account.toLowerCase()}=<id of a group>.`,
    );
  }
  const what = `Runners go to the group ${group.name} (${group.id})`;
  return group.visibility === 'selected'
    ? warning(
        'runner groups',
        account,
        `${what}, which only selected repositories may use.`,
        'Jobs of the others wait for ever. If that is not meant, give the group to all repositories.',
      )
    : ok('runner groups', account, `${what}.`);
}

/** A refusal by GitHub becomes a finding; anything else is not about GitHub and goes on as an error. */
async function attempt<T>(
  check: string,
  subject: string,
  ask: () => Promise<T>,
): Promise<{ value: T } | { finding: Finding }> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return { finding: failure(check, subject, `${error.message}.`, mends[error.kind]) };
  }
}

const mends: Record<GitHubError['kind'], string> = {
  'rate-limited': 'GitHub’s rate limit is used up: ask again later.',
  unavailable:
    'GitHub cannot be reached: look at its status page, and at BELLOWS_GITHUB_API_URL and your proxy.',
  unauthorised:
    'Compare BELLOWS_GITHUB_APP_ID and the private key with the App’s page; a wrong clock of this machine looks the same.',
  forbidden:
    'On the App’s page, under "Permissions & events", grant what is missing, and accept it in the installation.',
  'not-found': 'The App or its installation was removed: install it again.',
  invalid: 'This is a mistake of ours: tell us.',
};
