// The answers of GitHub's REST API as far as we use them; tolerant like the deliveries.

import { z } from 'zod';
import { type InstallationId, installationId, repositoryId, runnerId, runnerName } from '../domain/ids.ts';
import { labelSet } from '../domain/labels/label-set.ts';
import { instantOf } from '../domain/time.ts';
import { workflowJob } from './github-job.ts';

const instant = z.string().transform((text, context) => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) context.addIssue('not a time');
  return instantOf(ms);
});
const permissions = z.record(z.string(), z.string()).default({});
const events = z.array(z.string()).default([]);

export const runner = z
  .object({
    id: z.number(),
    name: z.string(),
    status: z.string(),
    busy: z.boolean(),
    labels: z.array(z.object({ name: z.string() })).default([]),
  })
  .transform(({ id, name, status, busy, labels }) => ({
    id: runnerId(id),
    name: runnerName(name),
    online: status === 'online',
    busy,
    labels: labelSet(labels.map((label) => label.name)),
  }));

export const registration = z.object({
  runner: z.object({ id: z.number() }),
  encoded_jit_config: z.string(),
});
export const installationToken = z.object({ token: z.string(), expires_at: instant });

export const installation = z.object({
  id: z.number(),
  account: z.object({ login: z.string(), type: z.string().nullish() }),
  permissions,
  events,
  suspended_at: z.string().nullish(),
});

export const repository = z.object({
  id: z.number(),
  full_name: z.string(),
  private: z.boolean(),
  fork: z.boolean().nullish(),
  owner: z.object({ type: z.string().nullish() }),
});

export const repositoryOf = (installation: InstallationId, it: z.infer<typeof repository>) => ({
  id: repositoryId(it.id),
  fullName: it.full_name,
  installationId: installation,
  private: it.private,
  fork: it.fork ?? false,
  ownerKind: ownerKind(it.owner.type),
});

export const installationOf = (it: z.infer<typeof installation>) => ({
  id: installationId(it.id),
  account: it.account.login,
  accountKind: ownerKind(it.account.type),
  permissions: it.permissions,
  events: it.events,
});

const ownerKind = (type: string | null | undefined): 'organization' | 'user' =>
  type === 'Organization' ? 'organization' : 'user';

export const runnerGroup = z
  .object({
    id: z.number(),
    name: z.string(),
    visibility: z.enum(['all', 'selected', 'private']).catch('selected'),
    allows_public_repositories: z.boolean().default(false),
  })
  .transform(({ id, name, visibility, allows_public_repositories }) => ({
    id,
    name,
    visibility,
    allowsPublicRepositories: allows_public_repositories,
  }));

export const app = z.object({ id: z.number(), slug: z.string().default(''), permissions, events });
export const hookConfig = z.object({ url: z.string().nullish() });
export const hookDelivery = z.object({
  id: z.number(),
  guid: z.string(),
  event: z.string(),
  installation_id: z.number().nullish(),
  delivered_at: instant,
  redelivery: z.boolean().default(false),
  status: z.string().default(''),
  status_code: z.number().default(0),
});

export const run = z.object({ id: z.number() });
export const job = workflowJob;

/** A page of a list comes bare, or below a key of its own with a count beside it. */
export function pageOf<T>(key: string | undefined, item: z.ZodType<T>): z.ZodType<T[]> {
  if (key === undefined) return z.array(item);
  return z.object({ [key]: z.array(item) }).transform((page) => page[key] ?? []);
}

/** GitHub's own words for a refusal, if the body holds any. */
export const refusal = z.object({ message: z.string() });

/** Whose repositories they are, for a report on the past. */
export const account = z.object({ login: z.string(), type: z.string().nullish() });
export const organization = z.object({ total_private_repos: z.number().nullish() });
export const ownUser = z.object({ login: z.string(), total_private_repos: z.number().nullish() });
export const listedRepository = z.object({ full_name: z.string(), private: z.boolean() });

const login = z
  .object({ login: z.string() })
  .nullish()
  .transform((who) => who?.login ?? '');
export const pastRun = z.object({
  id: z.number(),
  run_attempt: z.number().nullish(),
  actor: login,
  triggering_actor: login,
});
export type PastRun = z.infer<typeof pastRun>;
export const pastRuns = z.object({ total_count: z.number(), workflow_runs: z.array(pastRun) });

export const checkRun = z.object({
  id: z.number(),
  external_id: z.string().nullish(),
  status: z.string().nullish(),
});
export const checkRuns = z.object({ check_runs: z.array(checkRun) });
