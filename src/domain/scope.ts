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
