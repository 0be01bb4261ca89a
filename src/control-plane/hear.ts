// Somebody told us of a job: a delivery, the poll, or a read. All three come through here.

import { serviceOf } from '../domain/labels/service.ts';
import { firstHeard } from '../domain/lifecycle/first-heard.ts';
import type { JobFact, JobIdentity } from '../domain/lifecycle/job.ts';
import { jobFoundByPoll } from '../domain/repair/repairs-of.ts';
import { scopeOwner } from '../domain/scope.ts';
import type { Transaction } from '../ports/store.ts';
import { applyToJob, countFinished, writeAround } from './apply.ts';
import type { Deps } from './deps.ts';
import { askToEnd, askToTell } from './effects/tell-wait.ts';
import { recordRepairs } from './repair/book.ts';

export type Heard = { kind: 'heard'; note: string } | { kind: 'not-served'; note: string };

/** Adds the fact to what is known of the job, making the job when it is new. */
export async function hearOfJob(
  tx: Transaction,
  deps: Pick<Deps, 'clock' | 'settings'>,
  identity: JobIdentity,
  fact: JobFact,
): Promise<Heard> {
  const owner = scopeOwner(identity.scope);
  if (!isServed(deps.settings.owners, owner)) {
    return { kind: 'not-served', note: `installation of ${owner} is not on the list of served owners` };
  }
  const known = await applyToJob(tx, deps, identity.id, { kind: 'heard', fact }, 'poll');
  if (known !== undefined) return { kind: 'heard', note: '' };

  const now = deps.clock.now();
  const service = serviceOf(identity.labels, deps.settings.labels, identity.repository);
  const outcome = firstHeard(identity, service, fact, now, deps.settings.timing);
  if (!(await tx.jobs.insert(outcome.next))) {
    // Another process made it since we looked; our fact is still to be added.
    await applyToJob(tx, deps, identity.id, { kind: 'heard', fact }, 'poll');
    return { kind: 'heard', note: '' };
  }
  if (service.kind === 'refused' && outcome.next.knowledge.completed === undefined)
    await askToTell(tx, deps, [outcome.next]);
  await askToEnd(tx, deps, undefined, outcome.next);
  countFinished(tx, undefined, outcome.next);
  await writeAround(tx, outcome, now);
  if (fact.source === 'read') await recordRepairs(tx, [jobFoundByPoll(outcome.next, now)]);
  return { kind: 'heard', note: '' };
}

const isServed = (owners: readonly string[], owner: string): boolean =>
  owners.includes('*') || owners.includes(owner);
