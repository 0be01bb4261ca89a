// Demand and supply of one scope and label set, made equal. The named lock keeps two processes from asking for a VM for the
// same job: each sees only its own insert (write skew).

import type { JobId, LabelKey, ScopeKey } from '../../domain/ids.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { requestVm } from '../../domain/lifecycle/transition-vm.ts';
import { type Balance, balance } from '../../domain/scheduling/balance.ts';
import { isToldWrong } from '../../domain/scheduling/waiting-words.ts';
import { after, hours, type Instant, instantOf } from '../../domain/time.ts';
import { notShutOut, shutOut } from '../../domain/waits/shut-out.ts';
import type { Transaction } from '../../ports/store.ts';
import { applyToVm, writeAround } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { vmRequest } from '../new-vm.ts';
import { sayWhy } from '../say-why.ts';

/** How far back a VM that came to nothing still counts for the back-off. */
const memoryMs = hours(1);

export async function balanceScope(deps: Deps, scope: ScopeKey, labels: LabelKey): Promise<void> {
  await deps.store.transaction(async (tx) => {
    await tx.lock(`balance:${scope} ${labels}`);
    const now = deps.clock.now();
    const queued = await tx.jobs.queued(scope, labels);
    const runs = [...new Set(queued.map(({ runId }) => runId))];
    const related = runs.length === 0 ? [] : await tx.jobs.ofRuns(runs);
    // A VM whose runner has one of these is taken, though its own row may not say so yet.
    const running = await tx.jobs.running(scope, labels);
    const vms = await tx.vms.lately(scope, labels, instantOf(now - memoryMs));
    const jobs = new Map([...related, ...running, ...queued].map((job) => [job.id, job]));

    const { settings } = deps;
    const result = balance({ scope, labels, jobs: [...jobs.values()], vms, now, policy: settings.balance });
    const behind = vms.some(({ state }) => state === 'requested');
    await request(tx, deps, result, jobs, now, behind);
    for (const { vm, why } of result.release) await applyToVm(tx, deps, vm, { kind: 'release', why });
    const groups = await tx.loops.get('runner-groups');
    if (isToldWrong(notShutOut(queued, groups), vms)) {
      await tx.tasks.enqueue({ kind: 'place' }, after(now, deps.settings.timing.behindMs));
      tx.wake('tasks');
    }
    const held = result.held.flatMap(({ job: id, reason }) => {
      const job = jobs.get(id);
      return job === undefined ? [] : [{ job, reason: shutOut(groups, job) ?? reason }];
    });
    await sayWhy(tx, held);
    if (result.retryAt !== undefined)
      await tx.tasks.enqueue({ kind: 'balance', scope, labels }, result.retryAt);
  });
}

async function request(
  tx: Transaction,
  deps: Deps,
  result: Balance,
  jobs: ReadonlyMap<JobId, Job>,
  now: Instant,
  behind: boolean,
): Promise<void> {
  for (const id of result.request) {
    const job = jobs.get(id);
    if (job?.service.kind !== 'ours') continue;
    const attempt = (await tx.vms.forJob(id)).length;
    const wanted = vmRequest(job, job.service.shape, attempt, deps);
    const outcome = requestVm(wanted, now, deps.settings.timing, behind);
    await tx.vms.insert(outcome.next);
    const told = { at: now, subject: { kind: 'job', id }, event: 'vm-requested' } as const;
    await writeAround(tx, outcome, now);
    await tx.history.append([{ ...told, data: { vm: outcome.next.id, attempt } }]);
  }
}
