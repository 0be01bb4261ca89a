// What we believe about GitHub, each belief with a name, a source and a switch, so that a wrong one is changed in one
// place and the swarm can try the world in which it is wrong. `confirmed` says whether an artefact from outside (a schema,
// an example payload, a published test vector) is checked against it by a test here; a sentence in somebody's
// documentation is a source, not a confirmation.

interface Belief<T> {
  readonly statement: string;
  readonly source: string;
  readonly standard: T;
  readonly confirmed: boolean;
}

type Widened<T> = T extends number ? number : T extends boolean ? boolean : T;

const belief = <const T>(standard: T, statement: string, source: string, confirmed = false) =>
  ({ standard, statement, source, confirmed }) satisfies Belief<T>;

const choice = <T extends string>(standard: T, statement: string, source: string): Belief<T> => ({
  standard,
  statement,
  source,
  confirmed: false,
});

const minute = 60_000;
const hour = 60 * minute;

export const beliefTable = {
  acquireDeadlineMs: belief(
    minute,
    'A job that was assigned to a runner and is not acquired by it in 60 s goes back into the queue.',
    'GitHub docs, self-hosted runners: routing precedence',
  ),
  queuedLimitMs: belief(
    24 * hour,
    'A job that stays queued for 24 h is cancelled.',
    'GitHub docs, usage limits',
  ),
  jobLockMs: belief(
    10 * minute,
    'A job whose lock is not renewed for 10 min fails: its runner lost communication with the server.',
    'actions/runner#3539',
  ),
  lostRunnerConclusion: choice<'failure' | 'cancelled'>(
    'failure',
    'A job whose runner lost communication is concluded as failed.',
    'the annotation is known, from many reports; the conclusion in other cases is not',
  ),
  idleEvictionMs: belief(
    10 * minute,
    'A just-in-time runner that got no job is deregistered after some minutes; its next poll says RunnerNotFound and it ends with 0.',
    'other projects report minutes; the number is a guess',
  ),
  neverConnectedMs: belief(
    24 * hour,
    'An ephemeral runner that never connected is removed after a day.',
    'GitHub docs, removing self-hosted runners',
  ),
  jitConfigValidMs: belief(
    0,
    'A just-in-time configuration must be used within this time (0: no limit). One project gives up after 5 min.',
    'ubicloud; undocumented',
  ),
  jitNamesClassicServer: belief(
    true,
    'A just-in-time configuration names a classic server beside the broker; runners that begin there are sent on to the broker.',
    'captures; read in github-act-runner',
  ),
  offlineAfterMs: belief(
    minute,
    'A runner that has not been heard of for a minute is shown offline; before that it is still shown online.',
    'undocumented; observed as "a short while"',
  ),
  pollHoldMs: belief(
    50_000,
    'An empty message poll is held for 50 s and answered 202.',
    'captures of 2.335.1',
  ),
  deregistrationLagMs: belief(
    0,
    'After its job an ephemeral runner is deregistered at once; in reality it may lag.',
    'actions/runner#2809',
  ),
  oneJobPerRegistration: belief(
    true,
    'An ephemeral runner gets one job and never a second.',
    'GitHub docs, autoscaling',
  ),
  anySupersetMayTakeAJob: belief(
    true,
    'A job goes to whichever online runner asks first and has all its labels, not to the one that was started for it.',
    'GitHub docs; seen by every autoscaler',
  ),
  queueOrder: choice<'oldest-first' | 'any'>(
    'oldest-first',
    'Of several jobs that a runner could take, it gets the one queued first.',
    'undocumented',
  ),
  busyFromAssignment: belief(
    true,
    'A runner counts as busy as soon as a job is assigned to it, before it acquires it.',
    'undocumented',
  ),
  busyShownIdle: belief(
    false,
    'The runner list may show a runner with a job as busy:false.',
    'actions/runner#4422',
  ),
  deletionOfBusyRunner: choice<'422' | '204'>(
    '422',
    'DELETE of a runner with a job is refused with 422; the switch makes GitHub forget the runner while its job goes on.',
    'GitHub docs; the switch is a fear, not an observation',
  ),
  namesAreUniquePerOwner: belief(
    true,
    'A runner name is taken (409) within its organisation or repository, groups notwithstanding.',
    'ubicloud#692, runs-on#33',
  ),
  labelsAreLowerCased: belief(
    true,
    'Labels are stored in lower case and no default label is added.',
    'runner-manager-github notes of live tests',
  ),
  maxParallel: choice<'queued-and-held' | 'created-late'>(
    'queued-and-held',
    'All jobs of a matrix are queued at once, and those above max-parallel are given to no runner until one ends.',
    'undocumented; the webhook `queued` was seen for all of them',
  ),
  protectedJob: choice<'waiting' | 'queued-then-waiting' | 'queued-says-waiting'>(
    'waiting',
    'A job whose environment wants an approval is announced as `waiting`, and as `queued` when it has it; the switches put a `queued` with the same time before it, whose status is `queued` or says `waiting`.',
    'runs-on#539 (`queued, waiting, queued` with equal times); one example of @octokit/webhooks-examples is `queued` with the status `waiting`',
  ),
  rerunFailedKeepsOthers: belief(
    true,
    'A re-run keeps the run id, raises run_attempt and makes new job ids; re-running failed jobs leaves those that succeeded as they are.',
    'undocumented',
  ),
  cancelGraceMs: belief(
    5 * minute,
    'A cancelled job gets 5 min to end; then the service marks it cancelled whatever its runner does.',
    'actions/runner: JobCancellation carries a timeout of 5 min',
  ),
  jobTimeoutConclusion: choice<'cancelled' | 'timed_out' | 'failure'>(
    'cancelled',
    'A job that runs longer than its timeout-minutes is cancelled by the service, and concluded so.',
    'general knowledge, not checked',
  ),
  queuedPayloadHasNoRunner: belief(
    true,
    'runner_id, runner_name and group are null until a job is in progress, and stay null when it ends without one.',
    '@octokit/webhooks-examples (one old example disagrees)',
    true,
  ),
  webhookDelayMs: belief(
    0,
    'A webhook is sent this long after its event.',
    'GitHub gives no figure; seconds are usual',
  ),
  webhookTimeoutMs: belief(
    10_000,
    'A receiver has 10 s to answer 2xx; nothing is sent again by itself.',
    'GitHub docs, webhooks',
  ),
  deliveryWindowMs: belief(
    3 * 24 * hour,
    'Deliveries can be listed and asked for again for three days.',
    'GitHub docs, redelivering webhooks',
  ),
  redeliveryKeepsGuid: belief(
    true,
    'A redelivery has a new delivery id and the same GUID.',
    'GitHub docs, webhook deliveries',
  ),
  requestsPerHour: belief(
    5_000,
    'An installation may make 5,000 requests an hour.',
    'GitHub docs, rate limits for GitHub Apps',
  ),
  secondaryPointsPerMinute: belief(
    900,
    'Secondary limit: 900 points a minute; GET costs 1, a change costs 5.',
    'GitHub docs, rate limits',
  ),
  registrationsPer5Min: belief(
    1_500,
    'At most 1,500 runner registrations in 5 min per scope.',
    'GitHub docs, self-hosted runner limits',
  ),
  installationTokenMs: belief(
    hour,
    'An installation token lives for an hour.',
    'GitHub docs, installation access tokens',
  ),
  appJwtMaxMs: belief(
    10 * minute,
    'An App JWT may not live longer than 10 min.',
    'GitHub docs, generating a JWT',
  ),
  oauthCodeMs: belief(
    10 * minute,
    'The code of a web sign-in is good for 10 min, and once.',
    'GitHub docs, generating a user access token',
  ),
  pkceIsChecked: belief(
    true,
    'A code that was asked for with a challenge (S256) is redeemed only with its verifier.',
    'GitHub docs, generating a user access token; GitHub changelog of July 2025',
  ),
  userTokenMs: belief(
    8 * hour,
    'A user access token lives for 8 h (0: for ever, when the App has opted out) and comes with a refresh token, which is good once.',
    'GitHub docs, refreshing user access tokens',
  ),
  refreshTokenMs: belief(
    15_811_200_000,
    'A refresh token lives for about six months.',
    'GitHub docs, refreshing user access tokens',
  ),
  deviceCodeMs: belief(15 * minute, 'A device code is good for 15 min.', 'GitHub docs, device flow'),
  devicePollMs: belief(
    5_000,
    'A device asks every 5 s; one that asks too early is told to slow down and waits 5 s longer from then on.',
    'GitHub docs, device flow',
  ),
  userTokenSeesInstalledOnly: belief(
    true,
    'A user access token shows memberships and teams of those organisations only on which the App is installed.',
    'GitHub docs, authenticating on behalf of a user: what both the user and the App may see; not tried',
  ),
  runSearchLimit: belief(
    1_000,
    'A list of runs with `created`, `status` or another search shows the first 1,000 and counts all.',
    'GitHub docs, list workflow runs for a repository; github.com/orgs/octokit/discussions/81',
  ),
  logUrlMs: belief(minute, 'The URL of a job log is valid for a minute.', 'GitHub docs, download job logs'),
  checkoutIsNoOp: belief(
    true,
    'The simulator has no git: a step `uses: actions/checkout` is accepted and writes nothing. No other action is.',
    'ours: a limit of the simulator',
  ),
} as const;

export type BeliefName = keyof typeof beliefTable;
export type Beliefs = { -readonly [K in BeliefName]: Widened<(typeof beliefTable)[K]['standard']> };

const names = Object.keys(beliefTable) as BeliefName[];

/** The beliefs as they stand, with some of them switched. */
export function beliefsWith(changes: Partial<Beliefs> = {}): Beliefs {
  const standard = Object.fromEntries(names.map((name) => [name, beliefTable[name].standard]));
  return { ...(standard as Beliefs), ...changes };
}

/** The table for the documentation, one row for each belief, unconfirmed ones marked. */
export function beliefsAsMarkdown(): string {
  const rows = names.map((name) => {
    const { statement, standard, source, confirmed } = beliefTable[name];
    return `| \`${name}\` | ${statement} | \`${String(standard)}\` | ${source} | ${confirmed ? 'yes' : 'no'} |`;
  });
  return [
    '| name | belief | standard | source | confirmed |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
