// Strikes off hosts that a machine enrolled and that are gone for good, with their VMs; but never while GitHub shows life on
// them, since a host can be cut off from us alone (I3). When it comes back it is unknown and must enrol again; what it still
// runs are strangers then, which its agent keeps until their own deadline.

import type { HostId, VmId } from '../../domain/ids.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import {
  type HostWatchState,
  hasOpenJob,
  isGone,
  type RunnerSeen,
  whyHostStays,
} from '../../domain/repair/host-removal.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import { between, type Instant, minutes } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import { StaleWriteError, type Transaction } from '../../ports/store.ts';
import { applyToVm } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { readJob } from '../effects/read-job.ts';
import { recordRepairs } from './book.ts';
import { listening } from './listen.ts';

/** Between two questions about a host that had to stay. */
const askAgainMs = minutes(2);

export async function removeGoneHosts(
  deps: Deps,
  hosts: readonly Host[],
  state: HostWatchState,
  now: Instant,
): Promise<readonly Repair[]> {
  const gone = hosts.filter((host) => isGone(host, now, deps.settings.removeHostAfterMs, state));
  if (gone.length === 0) return [];
  const mended: Repair[] = [];
  for (const host of await dueToAsk(deps, gone, now)) {
    try {
      mended.push(...(await removeIfDead(deps, host, now)));
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      deps.log.warn('cannot ask GitHub about a host that is gone', { host: host.id, error });
    }
  }
  return mended;
}

/** Those of which GitHub was not asked lately. Notes that it is now. */
async function dueToAsk({ store }: Deps, gone: readonly Host[], now: Instant): Promise<readonly Host[]> {
  return store.transaction(async (tx) => {
    await tx.lock('repair:watch-hosts');
    const state = await tx.loops.get('watch-hosts');
    const asked = state?.asked ?? {};
    const due = gone.filter(({ id }) => between(asked[id] ?? (0 as Instant), now) >= askAgainMs);
    const kept = gone.map(({ id }) => [id, due.some((it) => it.id === id) ? now : asked[id]] as const);
    await tx.loops.put('watch-hosts', {
      ...state,
      asked: Object.fromEntries(kept.flatMap(([id, at]) => (at === undefined ? [] : [[id, at]]))),
    });
    return due;
  });
}

async function removeIfDead(deps: Deps, host: Host, now: Instant): Promise<readonly Repair[]> {
  const vms = await deps.store.transaction((tx) => tx.vms.onHost(host.id));
  const seen = new Map<VmId, RunnerSeen>();
  for (const vm of vms) {
    // The answer comes back as a fact about the job; if it is over, its VM learns of that and the next look removes the host.
    if (hasOpenJob(vm) && vm.job !== undefined) await readJob(deps, vm.job);
    else seen.set(vm.id, await askAboutRunner(deps, vm));
  }
  const { result: stays, mended } = await listening(deps, (tx) => remove(tx, deps, host.id, seen, now));
  if (stays === undefined) deps.log.warn('host removed', { host: host.id, name: host.name });
  else deps.log.info('a host that is gone stays', { host: host.id, name: host.name, ...stays });
  return mended;
}

/** A runner that is offline is deleted: GitHub's answer to that tells more than what it lists. */
async function askAboutRunner({ github }: Deps, vm: Vm): Promise<RunnerSeen> {
  const neverAsked = vm.runnerId === undefined && vm.hardDeadline === undefined;
  if (neverAsked) return 'none';
  const runner = await github.findRunner(vm.scope, vm.runnerName);
  if (runner === undefined) return 'none';
  if (runner.online) return 'online';
  return (await github.deleteRunner(vm.scope, runner.id)) === 'busy' ? 'busy' : 'none';
}

/** Removes the host with all its VMs, or nothing of it; gives why it stays. */
async function remove(
  tx: Transaction,
  deps: Deps,
  id: HostId,
  seen: ReadonlyMap<VmId, RunnerSeen>,
  now: Instant,
): Promise<{ vm?: VmId; why: string } | undefined> {
  const host = await tx.hosts.get(id);
  if (host === undefined || !isGone(host, now, deps.settings.removeHostAfterMs)) return { why: 'it is back' };
  const vms = await tx.vms.onHost(id);
  const stays = whyHostStays(vms, seen);
  if (stays !== undefined) return stays;
  for (const vm of vms) {
    const left = await applyToVm(tx, deps, vm.id, { kind: 'host-removed' });
    // It moved on since it was read, as when its host came back: all of this is undone, and looked at again.
    if (left?.state !== 'gone') throw new StaleWriteError(`${vm.id} did not leave with its host`);
  }
  const locked = await tx.hosts.lockRow(id);
  if (locked?.revision !== host.revision) throw new StaleWriteError(`${id} has changed since it was read`);
  await tx.hosts.remove(id);
  await tx.vitals.remove(id);
  await recordRepairs(tx, [
    {
      at: now,
      kind: 'host-removed',
      cause: 'it is gone for long',
      subject: { kind: 'host', id },
      data: { name: host.name, vms: vms.length },
    },
  ]);
  tx.wake(`host:${id}`);
  return undefined;
}
