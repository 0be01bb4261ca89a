import type { JobId } from '../../domain/ids.ts';
import { applyToJob } from '../apply.ts';
import type { Deps } from '../deps.ts';

/** Asks GitHub what the job is now. The answer is a fact like any other, dated by the start of the request. */
export async function readJob(deps: Deps, id: JobId): Promise<void> {
  const job = await deps.store.transaction((tx) => tx.jobs.get(id));
  if (job === undefined || job.state === 'done') return;
  const asOf = deps.clock.now();
  const answer = await deps.github.readJob({
    id,
    installationId: job.scope.installationId,
    repository: job.repository.fullName,
  });
  await deps.store.transaction(async (tx) => {
    await applyToJob(
      tx,
      deps,
      id,
      answer === 'missing' ? { kind: 'read-missing', asOf } : { kind: 'heard', fact: answer },
    );
  });
}
