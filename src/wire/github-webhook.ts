// What a delivery of GitHub says about jobs. The schema is tolerant: it asks only for what we cannot do without, so that a
// new field, action, status or conclusion never stops a job. What is read here is domain from then on.

import { z } from 'zod';
import { type InstallationId, installationId, repositoryId } from '../domain/ids.ts';
import type { JobFact, JobIdentity } from '../domain/lifecycle/job.ts';
import type { Scope } from '../domain/scope.ts';
import type { Instant } from '../domain/time.ts';
import { factOf, identityOf, workflowJob } from './github-job.ts';

/** Where GitHub delivers to, below the control plane's public address. */
export const webhookPath = '/webhooks/github';

export type ParsedDelivery =
  | { kind: 'job'; identity: JobIdentity; fact: JobFact }
  /** Understood, and nothing for us. */
  | { kind: 'ignored'; reason: string }
  /** Not what GitHub sends, or not what it used to send: shown to the operator. */
  | { kind: 'unreadable'; reason: string };

export interface DeliveryContext {
  /** When the delivery arrived. */
  heardAt: Instant;
  /** The runner group in which an organisation's runners are registered, by lower-cased login; 1 is GitHub's default. */
  runnerGroupOf: (login: string) => number;
}

const repository = z.object({
  id: z.number(),
  name: z.string(),
  full_name: z.string(),
  private: z.boolean(),
  fork: z.boolean().nullish(),
  owner: z.object({ login: z.string(), type: z.string().nullish() }),
});

const jobDelivery = z.object({
  workflow_job: workflowJob,
  repository,
  installation: z.object({ id: z.number() }).nullish(),
  organization: z.object({ login: z.string() }).nullish(),
  sender: z.object({ login: z.string() }).nullish().catch(undefined),
});

/** @param body the raw bytes of the delivery, as they were signed. */
export function parseDelivery(event: string, body: Uint8Array, context: DeliveryContext): ParsedDelivery {
  if (event !== 'workflow_job') return { kind: 'ignored', reason: `we do not use the event ${event}` };
  const json = parseJson(body);
  if (!json.ok) return { kind: 'unreadable', reason: json.reason };
  const parsed = jobDelivery.safeParse(json.value);
  if (!parsed.success) return { kind: 'unreadable', reason: firstIssue(parsed.error) };
  const { workflow_job: job, repository: repo, installation, sender } = parsed.data;
  if (!installation) {
    return {
      kind: 'ignored',
      reason: 'it comes from a webhook of a repository or organisation, not of the App',
    };
  }
  const identity: JobIdentity = {
    ...identityOf(job),
    scope: scopeOf(repo, installationId(installation.id), context),
    repository: {
      id: repositoryId(repo.id),
      fullName: repo.full_name,
      private: repo.private,
      fork: repo.fork ?? false,
    },
  };
  const fact = factOf(job, 'delivery', context.heardAt);
  return { kind: 'job', identity, fact: { ...fact, ...(sender && { actor: sender.login }) } };
}

/** User accounts have no organisation runners: theirs are registered in the repository. */
function scopeOf(
  repo: z.infer<typeof repository>,
  installation: InstallationId,
  context: DeliveryContext,
): Scope {
  const login = repo.owner.login;
  if (repo.owner.type === 'Organization') {
    const groupId = context.runnerGroupOf(login.toLowerCase());
    return { kind: 'organization', installationId: installation, login, groupId };
  }
  return { kind: 'repository', installationId: installation, owner: login, name: repo.name };
}

function parseJson(body: Uint8Array): { ok: true; value: unknown } | { ok: false; reason: string } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return { ok: false, reason: 'the body is not UTF-8' };
  }
  if (text.startsWith('payload=')) {
    return { ok: false, reason: "the body is a form: set the webhook's content type to application/json" };
  }
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return {
      ok: false,
      reason: `the body is not JSON: ${error instanceof Error ? error.message : 'unknown'}`,
    };
  }
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'not as expected'}`;
}
