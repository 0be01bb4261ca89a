// A scope is where runners are registered. It decides who may see a job (I9) and which REST paths we call.

import type { InstallationId, ScopeKey } from './ids.ts';

/**
 * An organisation with a runner group, or a single repository (user accounts have no organisation runners).
 * `groupId` 1 is GitHub's default group.
 */
export type Scope =
  | { kind: 'organization'; installationId: InstallationId; login: string; groupId: number }
  | { kind: 'repository'; installationId: InstallationId; owner: string; name: string };

export function scopeKey(scope: Scope): ScopeKey {
  return (
    scope.kind === 'organization'
      ? `org:${scope.login.toLowerCase()}#${scope.groupId}`
      : `repo:${scope.owner.toLowerCase()}/${scope.name.toLowerCase()}`
  ) as ScopeKey;
}

/** The account that owns the scope, lower-cased: what I9 separates and what `--owner` names. */
export const scopeOwner = (scope: Scope): string =>
  (scope.kind === 'organization' ? scope.login : scope.owner).toLowerCase();

/**
 * Where runners for a repository's jobs are registered: with its organisation, or with the repository itself when a user
 * owns it. `runnerGroups` is the operator's choice by lower-cased organisation.
 */
export function scopeFor(
  repository: { installationId: InstallationId; ownerKind: 'organization' | 'user'; fullName: string },
  runnerGroups: Readonly<Record<string, number>>,
): Scope {
  const { installationId, fullName } = repository;
  const slash = fullName.indexOf('/');
  const owner = fullName.slice(0, slash);
  return repository.ownerKind === 'organization'
    ? { kind: 'organization', installationId, login: owner, groupId: runnerGroups[owner.toLowerCase()] ?? 1 }
    : { kind: 'repository', installationId, owner, name: fullName.slice(slash + 1) };
}
