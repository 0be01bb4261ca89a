// Whether GitHub's deliveries reach us. GitHub has no ping for the webhook of an App, only for those of repositories and
// organisations; so an old delivery, the ping of the App's creation if it is there, is asked for again. It keeps its GUID,
// and our store knows it, so nothing happens twice.

import type { Instant } from '../domain/time.ts';
import { between, seconds } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import { type AppInfo, GitHubError } from '../ports/github.ts';
import type { DeliveryAttempt, GitHubHook } from '../ports/github-hook.ts';
import type { Store } from '../ports/store.ts';
import type { Finding } from '../wire/api/system.ts';
import { webhookPath } from '../wire/github-webhook.ts';
import { failure, ok, warning } from './finding.ts';

export interface WebhookCheckDeps {
  hook: GitHubHook;
  store: Pick<Store, 'transaction'>;
  clock: Clock;
  check: { publicUrl: string | undefined };
}

/** GitHub waits 10 s for our answer, and tells of the attempt a little later. */
const patienceMs = seconds(20);
const lookEveryMs = seconds(1);
const about = 'webhook';

export async function checkWebhook(deps: WebhookCheckDeps, app: AppInfo): Promise<Finding> {
  const wanted = deps.check.publicUrl && new URL(webhookPath, deps.check.publicUrl).href;
  const setIt = `On the App’s page, set the webhook URL to ${wanted ?? `your public address and ${webhookPath}`}`;
  if (!app.webhookUrl) return failure(about, '', 'The App has no webhook, or it is not active.', `${setIt}.`);
  if (wanted && app.webhookUrl !== wanted) {
    const meaning = `GitHub delivers to ${app.webhookUrl}, but we are reached at ${wanted}.`;
    return failure(about, '', meaning, `${setIt}, or correct BELLOWS_PUBLIC_URL.`);
  }
  try {
    return await tryDelivery(deps, app.webhookUrl);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return warning(about, '', `It could not be tried: ${error.message}.`, 'Ask again later.');
  }
}

async function tryDelivery(deps: WebhookCheckDeps, url: string): Promise<Finding> {
  const { attempts: before } = await deps.hook.deliveries();
  const old = before.find(({ event }) => event === 'ping') ?? before[0];
  if (old === undefined) {
    return warning(
      about,
      '',
      `GitHub has delivered nothing to ${url} in the last three days, so there is nothing to try it with.`,
      'Push a commit to a repository with a workflow, then check again.',
    );
  }
  if ((await deps.hook.redeliver(old.id)) === 'too-old') {
    return warning(
      about,
      '',
      'GitHub does not repeat its last delivery, so it was not tried.',
      'Ask again later.',
    );
  }
  const seen = new Set(before.map(({ id }) => id));
  const attempt = await waitForAttempt(deps, old, seen);
  if (attempt === undefined) {
    return warning(
      about,
      '',
      'GitHub took our request for a delivery but has not made it yet.',
      'Ask again later.',
    );
  }
  return judge(deps, url, attempt);
}

async function waitForAttempt(
  { hook, clock }: WebhookCheckDeps,
  old: DeliveryAttempt,
  seen: ReadonlySet<number>,
): Promise<DeliveryAttempt | undefined> {
  const start: Instant = clock.now();
  while (between(start, clock.now()) < patienceMs) {
    await clock.sleep(lookEveryMs);
    const { attempts } = await hook.deliveries();
    const repeated = attempts.find(({ guid, id }) => guid === old.guid && !seen.has(id));
    if (repeated !== undefined) return repeated;
  }
  return undefined;
}

async function judge(deps: WebhookCheckDeps, url: string, attempt: DeliveryAttempt): Promise<Finding> {
  const { statusCode, status, guid } = attempt;
  if (statusCode === 0) {
    const meaning = `GitHub cannot reach ${url}: ${status || 'no answer'}.`;
    return failure(about, '', meaning, 'Look at the name, the certificate and the firewall of that address.');
  }
  if (statusCode === 401) {
    const mend = 'Put the secret of the App’s page into the file that BELLOWS_WEBHOOK_SECRET_FILE names.';
    return failure(
      about,
      '',
      'A delivery reached us, but its signature was wrong: the secrets differ.',
      mend,
    );
  }
  if (statusCode < 200 || statusCode > 299) {
    const meaning = `${url} answered ${statusCode} to a delivery.`;
    return failure(about, '', meaning, 'Look at the log of the control plane, and of any proxy before it.');
  }
  const known = await deps.store.transaction((tx) => tx.deliveries.known([guid]));
  return known.has(guid)
    ? ok(about, '', `GitHub's deliveries to ${url} reach us.`)
    : failure(
        about,
        '',
        `${url} took a delivery, but it is not in our database: somebody else answers there.`,
        'Point that address at this control plane.',
      );
}
