// What changes something. The client sends these as GET, so they are for tokens alone: no page of a browser can set one off.

import type { Caller } from '../../../domain/access/caller.ts';
import type { RepairKind } from '../../../domain/repair/repair.ts';
import { type ApiAnswer, answered, refused } from '../../../wire/api/endpoint.ts';
import type { V1Body, V1QueryOf } from '../../../wire/api-v1/endpoints.ts';
import type { RequestDeps } from '../deps.ts';
import { orderHost } from '../order-host.ts';
import { repairNow } from '../repairs.ts';
import { hostAsked } from './owners.ts';

/** After these a job that had no VM is given one. */
const requeueing: ReadonlySet<RepairKind> = new Set([
  'job-found-by-poll',
  'job-corrected-by-poll',
  'job-corrected-by-read',
  'vm-replaced',
  'runner-reregistered',
]);

export async function repair(
  deps: Pick<RequestDeps, 'repair'>,
  { owner }: V1QueryOf<'repair'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const answer = await repairNow(deps, { params: {}, query: {}, body: { owner } }, caller);
  if (!answer.ok) return answer;
  return answered({ json: { vms: answer.value.mended.filter(({ kind }) => requeueing.has(kind)).length } });
}

/** Hosts fetch the current image by themselves, so there is nothing to order: it tells how far this one is. */
export async function upgrade(
  { store, settings }: Pick<RequestDeps, 'store' | 'settings'>,
  query: V1QueryOf<'upgrade'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const found = await store.transaction((tx) => hostAsked(tx, caller, query));
  if (!found.ok) return found;
  const { name, capacity } = found.value.host;
  const text = capacity?.images.includes(settings.image)
    ? `${name} has the current image.`
    : `${name} fetches the current image by itself, and gets new VMs once it has it.`;
  return answered({ text });
}

/** The agent ends and systemd starts it again: its VMs go on. With `reboot` the machine starts anew, and nothing is drained. */
export async function restart(
  { store, clock, log, restartAgent }: Pick<RequestDeps, 'store' | 'clock' | 'log' | 'restartAgent'>,
  query: V1QueryOf<'restart'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const found = await store.transaction((tx) => hostAsked(tx, caller, query));
  if (!found.ok) return found;
  const { id, name } = found.value.host;
  const { reboot } = query;
  const answer = await restartAgent(id, { reboot });
  if (answer !== 'restarting')
    return refused(503, 'Not restarted', `${name} is not restarted: ${answer.refused}.`);
  const by = caller.name.slice(0, 100);
  log.info('an operator restarts a host', { host: id, by, reboot });
  const event = reboot ? 'rebooted' : 'agent-restarted';
  const subject = { kind: 'host', id } as const;
  await store.transaction((tx) => tx.history.append([{ at: clock.now(), subject, event, data: { by } }]));
  return answered({
    text: reboot ? `${name} starts anew.` : `The agent of ${name} starts anew; its VMs go on.`,
  });
}

export async function disable(
  deps: Pick<RequestDeps, 'store' | 'clock' | 'log' | 'settings'>,
  query: V1QueryOf<'disable'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const found = await deps.store.transaction((tx) => hostAsked(tx, caller, query));
  if (!found.ok) return found;
  const body = {
    order: 'disable',
    force: false,
    by: caller.name.slice(0, 100),
    why: 'by actuated-cli',
  } as const;
  const answer = await orderHost(deps, { params: { host: found.value.host.id }, query: {}, body }, caller);
  return answer.ok ? answered({ text: 'ok' }) : answer;
}
