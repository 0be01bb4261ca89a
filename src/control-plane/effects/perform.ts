// Which function does which effect or deadline. The table is total: a new kind of effect does not compile without its
// performer.

import { unreachable } from '../../domain/bug.ts';
import type { Deadline, Effect } from '../../domain/lifecycle/effects.ts';
import type { Task } from '../../ports/store.ts';
import { touchHost } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { runRecurring } from '../repair/recurring.ts';
import { balanceScope } from './balance-scope.ts';
import { bindJob } from './bind-job.ts';
import { jobDeadline, vmDeadline } from './deadline.ts';
import { deleteRunner } from './delete-runner.ts';
import { forgetRunner } from './forget-runner.ts';
import { placeRequested } from './place-requested.ts';
import { readJob } from './read-job.ts';
import { readLog } from './read-log.ts';
import { registerRunner } from './register-runner.ts';
import { tellWait } from './tell-wait.ts';

/** @throws what the outside world threw; the task is then tried again. */
export async function perform(deps: Deps, task: Task): Promise<void> {
  const what: Effect | Deadline = task.what;
  switch (what.kind) {
    case 'register-runner':
      return registerRunner(deps, what.vm);
    case 'delete-runner':
      return deleteRunner(deps, what.vm);
    case 'forget-runner':
      return forgetRunner(deps, what.scope, what.runnerName);
    case 'ask-worker':
      return askHostOf(deps, what.vm);
    case 'read-job':
      return readJob(deps, what.job);
    case 'bind-job':
      return bindJob(deps, what);
    case 'balance':
      return balanceScope(deps, what.scope, what.labels);
    case 'place':
      return placeRequested(deps);
    case 'push-host':
      return deps.store.transaction((tx) => touchHost(tx, what.host));
    case 'vm-deadline':
      return vmDeadline(deps, what.vm);
    case 'job-deadline':
      return jobDeadline(deps, what.job);
    case 'read-log':
      return readLog(deps, what.job, task.attempts);
    case 'tell-wait':
      return tellWait(deps, what.run, what.labels);
    case 'repair':
      return runRecurring(deps, what.loop);
    default:
      return unreachable(what);
  }
}

/** The question itself is part of the desired set, which is made from the VM's row; so asking is sending that set. */
async function askHostOf(deps: Deps, vm: Extract<Effect, { kind: 'ask-worker' }>['vm']): Promise<void> {
  await deps.store.transaction(async (tx) => {
    const host = (await tx.vms.get(vm))?.host;
    if (host !== undefined) await touchHost(tx, host);
  });
}
