// Which of GitHub's jobs are for us, by GitHub's truth and the operator's settings: what the product should find out.

import type { LabelKey, ScopeKey } from '../../domain/ids.ts';
import { labelKey, labelSet } from '../../domain/labels/label-set.ts';
import { serviceOf } from '../../domain/labels/service.ts';
import type { VmShape } from '../../domain/scheduling/shape.ts';
import { type Scope, scopeFor, scopeKey } from '../../domain/scope.ts';
import { fullNameOf, installationFor, mayUseGroup } from '../github/accounts.ts';
import type { Job, Repository } from '../github/state.ts';
import type { World } from '../world/world.ts';

export interface Served {
  scope: Scope;
  shape: VmShape;
  /** Jobs and VMs of one set are exchangeable. */
  set: SetKey;
}

/** A scope and a label set as one text. */
export type SetKey = `${ScopeKey} ${LabelKey}`;

export const setOf = ({ scope, labels }: { scope: Scope; labels: readonly string[] }): SetKey =>
  `${scopeKey(scope)} ${labelKey(labels)}`;

/** Undefined for jobs that are not ours to run, or that GitHub would never give to a runner of ours. */
export class ServedJobs {
  readonly #known = new WeakMap<Job, { served: Served | undefined }>();

  of(world: World, job: Job): Served | undefined {
    const known = this.#known.get(job);
    if (known !== undefined) return known.served;
    const asked = askedOf(world, job);
    const served = asked !== undefined && reaches(world, asked.scope, job) ? asked : undefined;
    this.#known.set(job, { served });
    return served;
  }
}

/** What is asked of us, although GitHub may keep the job from the runners that we make for it. */
export function askedOf(world: World, job: Job): Served | undefined {
  const { repository } = job.run;
  const scope = scopeOf(world, repository);
  if (scope === undefined) return undefined;
  const labels = labelSet(job.labels);
  const { id, private: isPrivate, fork } = repository;
  const facts = { id, fullName: fullNameOf(repository), private: isPrivate, fork };
  const service = serviceOf(labels, world.settings.labels, facts);
  return service.kind === 'ours' ? { scope, shape: service.shape, set: setOf({ scope, labels }) } : undefined;
}

function scopeOf({ github, settings }: World, repository: Repository): Scope | undefined {
  const installation = installationFor(github.world, repository);
  const owner = repository.owner.login.toLowerCase();
  const isListed = settings.owners.includes('*') || settings.owners.includes(owner);
  if (installation === undefined || !isListed) return undefined;
  const ownerKind = repository.owner.kind === 'Organization' ? 'organization' : 'user';
  const fullName = fullNameOf(repository);
  return scopeFor({ installationId: installation.id, ownerKind, fullName }, settings.runnerGroups);
}

/** Whether runners of this scope may be given the job. */
function reaches({ github }: World, scope: Scope, { run, groupName }: Job): boolean {
  if (scope.kind === 'repository') return groupName === undefined;
  const group = github.world.state.groups.find(
    ({ id, owner }) => id === scope.groupId && owner === run.repository.owner,
  );
  if (group === undefined || !mayUseGroup(group, run.repository)) return false;
  return groupName === undefined || groupName === group.name;
}
