import type { JobId, VmId } from '../../domain/ids.ts';
import type { Spared } from '../../domain/lifecycle/events.ts';
import { allowanceOf } from '../../domain/repair/allowance.ts';
import { mayHaveNews } from '../../domain/repair/host-removal.ts';
import { wasListed } from '../../domain/repair/poll-plan.ts';
import { after, seconds } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import { applyToJob, applyToVm } from '../apply.ts';
import type { Deps } from '../deps.ts';

// The row may have moved on since its deadline was written; the transition itself looks whether it is past (I7).

const lookAgainMs = seconds(5);

export async function vmDeadline(deps: Deps, id: VmId): Promise<void> {
  await deps.store.transaction(async (tx) => {
    if (await mayStillTell(tx, deps, id)) {
      const again = after(deps.clock.now(), lookAgainMs);
      await tx.tasks.setDeadline({ kind: 'vm-deadline', vm: id }, again);
    } else await applyToVm(tx, deps, id, { kind: 'deadline' });
  });
}

/** After our own downtime, or that of the database, hosts have news that we have not heard: they get the time to tell it. */
async function mayStillTell(tx: Transaction, { clock, settings }: Deps, id: VmId): Promise<boolean> {
  const vm = await tx.vms.get(id);
  if (vm?.host === undefined || vm.state === 'unknown' || vm.state === 'gone') return false;
  const host = await tx.hosts.get(vm.host);
  if (host === undefined || host.state !== 'online') return false;
  return mayHaveNews(host, await tx.loops.get('watch-hosts'), clock.now(), settings.hostSilenceMs);
}

export async function jobDeadline(deps: Deps, id: JobId): Promise<void> {
  const spared = await sparedBy(deps, id);
  await deps.store.transaction(async (tx) => {
    await applyToJob(tx, deps, id, { kind: 'deadline', ...(spared !== undefined && { spared }) });
  });
}

/** Of what GitHub contradicts itself about, nothing but a read tells. */
async function sparedBy({ store, clock, settings, github }: Deps, id: JobId): Promise<Spared | undefined> {
  const found = await store.transaction(async (tx) => {
    const job = await tx.jobs.get(id);
    return job && { job, looks: (await tx.loops.get('poll'))?.looks };
  });
  if (found === undefined || found.job.undecided) return undefined;
  const { job, looks = {} } = found;
  const now = clock.now();
  if (wasListed(job, looks[job.repository.id], settings.timing.jobQueuedMs, now)) return 'listed';
  const budget = await github.budget(job.scope.installationId);
  return allowanceOf(budget, settings.lookShare, now).calls === 0 ? 'no-calls' : undefined;
}
