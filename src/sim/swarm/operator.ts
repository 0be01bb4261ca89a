// The operator takes hosts out of service and back, with and without mercy for their VMs.

import type { Deps } from '../../control-plane/deps.ts';
import { orderHost } from '../../control-plane/requests/order-host.ts';
import { admin } from '../../domain/access/caller.ts';
import type { HostId } from '../../domain/ids.ts';
import { silentLog } from '../../ports/log.ts';
import type { World } from '../world/world.ts';

type Order = 'drain' | 'disable' | 'resume';

/** By a control plane that may die over it. False when none is up, and when it did not do it. */
export async function order(world: World, host: HostId, what: Order, force = false): Promise<boolean> {
  const deps = world.servers.find(({ alive }) => alive)?.deps;
  if (deps === undefined) return false;
  return orderAt(world, deps, host, what, force).catch(() => false);
}

/** Once the storm is over no host is held back, whoever died over its order. */
export async function resumeAll(world: World): Promise<void> {
  const held = (await world.store.transaction((tx) => tx.hosts.list())).filter(
    ({ hold }) => hold !== undefined,
  );
  const deps = { store: world.store, clock: world.clock, settings: world.settings, log: silentLog };
  for (const { id } of held) await orderAt(world, deps, id, 'resume', false);
}

async function orderAt(
  world: World,
  deps: Pick<Deps, 'store' | 'clock' | 'settings' | 'log'>,
  host: HostId,
  what: Order,
  force: boolean,
): Promise<boolean> {
  const body = { order: what, force, by: 'the operator', why: 'as the seed has it' } as const;
  const answer = await orderHost(deps, { params: { host }, query: undefined, body }, admin);
  const forced = answer.ok ? answer.value.forced : undefined;
  world.trace.write('operator', what, { host, force, done: answer.ok, forced });
  return answer.ok;
}
