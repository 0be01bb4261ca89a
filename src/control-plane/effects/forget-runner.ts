import type { RunnerName } from '../../domain/ids.ts';
import type { Scope } from '../../domain/scope.ts';
import { GitHubError } from '../../ports/github.ts';
import type { Deps } from '../deps.ts';

/**
 * The VM is gone: no registration of it may be left (I5). GitHub removes a JIT runner by itself after its job, though
 * sometimes late, and refuses while it still believes in the job; then the task is tried again.
 */
export async function forgetRunner(deps: Deps, scope: Scope, name: RunnerName): Promise<void> {
  const runner = await deps.github.findRunner(scope, name);
  if (runner === undefined) return;
  const answer = await deps.github.deleteRunner(scope, runner.id);
  if (answer === 'busy') {
    throw new GitHubError(`deleting runner ${name}: GitHub still holds a job for it`, {
      kind: 'unavailable',
      status: 422,
    });
  }
}
