// A host that says nothing for a while is silent: its VMs are unknown, which is neither supply nor room. When it speaks
// again they are what they were (agent-link/observe.ts). One that a machine enrolled and that stays away is removed.

import type { Repair } from '../../domain/repair/repair.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import { between, type Instant } from '../../domain/time.ts';
import { StaleWriteError } from '../../ports/store.ts';
import { applyToVm } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { recordRepairs } from './book.ts';
import { listening } from './listen.ts';
import type { RepairLoop } from './loop.ts';
import { removeGoneHosts } from './remove-hosts.ts';

export const hostLoop: RepairLoop = {
  kind: 'watch-hosts',
  async run(deps, { owner }) {
    const now = deps.clock.now();
    const hosts = (await deps.store.transaction((tx) => tx.hosts.list())).filter(
      ({ owners }) => owner === undefined || owners.includes(owner),
    );
    const mended: Repair[] = [];
    for (const host of hosts.filter((it) => hasFallenSilent(it, now, deps))) {
      mended.push(...(await markSilent(deps, host, now)));
    }
    mended.push(...(await removeGoneHosts(deps, hosts, now)));
    return { mended, nextInMs: deps.settings.hostSilenceMs / 4 };
  },
};

const saidNothing = (host: Host, now: Instant, { settings }: Deps): boolean =>
  between(host.lastHeardAt ?? host.enrolledAt, now) >= settings.hostSilenceMs;

const hasFallenSilent = (host: Host, now: Instant, deps: Deps): boolean =>
  (host.state === 'online' || host.state === 'draining') && saidNothing(host, now, deps);

async function markSilent(deps: Deps, { id, name }: Host, now: Instant): Promise<readonly Repair[]> {
  const { result: silent, mended } = await listening(deps, async (tx) => {
    const before = await tx.hosts.get(id);
    if (before === undefined || !hasFallenSilent(before, now, deps)) return false;
    for (const vm of await tx.vms.onHost(id)) await applyToVm(tx, deps, vm.id, { kind: 'host-silent' });
    const host = await tx.hosts.lockRow(id);
    // It spoke meanwhile: its VMs must not stay unknown, so all of this is undone and looked at again.
    if (host?.revision !== before.revision) throw new StaleWriteError(`${id} has changed since it was read`);
    await tx.hosts.update({ ...host, state: 'silent' });
    const about = { at: now, subject: { kind: 'host', id } } as const;
    await recordRepairs(tx, [
      { ...about, kind: 'host-silent', cause: 'it said nothing for a while', data: {} },
    ]);
    return true;
  });
  if (silent) deps.log.warn('host is silent', { host: id, name });
  return mended;
}
