// A host that says nothing for a while is silent: its VMs are unknown, which is neither supply nor room. When it speaks
// again they are what they were (agent-link/observe.ts). One that a machine enrolled and that stays away is removed.

import { type HostWatchState, lookEveryMs, silenceOf } from '../../domain/repair/host-removal.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import type { Instant } from '../../domain/time.ts';
import { StaleWriteError } from '../../ports/store.ts';
import { applyToVm } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { recordRepairs } from './book.ts';
import { listening } from './listen.ts';
import { lookAtHosts } from './look-at-hosts.ts';
import type { RepairLoop } from './loop.ts';
import { removeGoneHosts } from './remove-hosts.ts';

export const hostLoop: RepairLoop = {
  kind: 'watch-hosts',
  async run(deps, { owner }) {
    const now = deps.clock.now();
    const { result, mended: givenUp } = await listening(deps, async (tx) => {
      const state = await lookAtHosts(tx, deps);
      return { state, all: await tx.hosts.list() };
    });
    const { state, all } = result;
    const hosts = all.filter(({ owners }) => owner === undefined || owners.includes(owner));
    const mended: Repair[] = [...givenUp];
    for (const host of hosts.filter((it) => hasFallenSilent(it, state, now, deps))) {
      mended.push(...(await markSilent(deps, host, state, now)));
    }
    mended.push(...(await removeGoneHosts(deps, hosts, state, now)));
    return { mended, nextInMs: lookEveryMs(deps.settings.hostSilenceMs) };
  },
};

const hasFallenSilent = (host: Host, state: HostWatchState, now: Instant, { settings }: Deps): boolean =>
  host.state === 'online' && silenceOf(host, state, now) >= settings.hostSilenceMs;

async function markSilent(
  deps: Deps,
  { id, name }: Host,
  state: HostWatchState,
  now: Instant,
): Promise<readonly Repair[]> {
  const { result: silent, mended } = await listening(deps, async (tx) => {
    const before = await tx.hosts.get(id);
    if (before === undefined || !hasFallenSilent(before, state, now, deps)) return false;
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
