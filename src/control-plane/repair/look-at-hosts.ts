import { type HostWatchState, lookAt, missedLooks } from '../../domain/repair/host-removal.ts';
import type { Transaction } from '../../ports/store.ts';
import { applyToVm } from '../apply.ts';
import type { Deps } from '../deps.ts';

/**
 * Notes that somebody looks at the hosts, and so listens. When looks were missed, the database may be an older copy, and the lost
 * one may have placed what waits for a host in this one: that is given up, and asked for anew under another name, which costs
 * nothing. Once for each pause, whatever the clocks of several control planes say: what is asked for from now on is sure.
 */
export async function lookAtHosts(tx: Transaction, deps: Deps): Promise<HostWatchState> {
  await tx.lock('repair:watch-hosts');
  const { hostSilenceMs } = deps.settings;
  const now = deps.clock.now();
  const before = await tx.loops.get('watch-hosts');
  if (missedLooks(before, now, hostSilenceMs)) await giveUpRequested(tx, deps);
  const state = lookAt(before, now, hostSilenceMs);
  await tx.loops.put('watch-hosts', state);
  return state;
}

async function giveUpRequested(tx: Transaction, deps: Deps): Promise<void> {
  const why = 'nobody looked for a while, and a database that was lost may have placed it';
  for (const { id, state } of await tx.vms.allLive()) {
    if (state === 'requested') await applyToVm(tx, deps, id, { kind: 'disowned', why });
  }
}
