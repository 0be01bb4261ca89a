import type { Caller } from '../../../domain/access/caller.ts';
import { type HostId, vmId } from '../../../domain/ids.ts';
import type { Vm } from '../../../domain/lifecycle/vm.ts';
import { scopeOwner } from '../../../domain/scope.ts';
import { after, type Instant, seconds } from '../../../domain/time.ts';
import type { Transaction } from '../../../ports/store.ts';
import { type ApiAnswer, answered, refused } from '../../../wire/api/endpoint.ts';
import type { V1Body, V1QueryOf } from '../../../wire/api-v1/endpoints.ts';
import type { RequestDeps } from '../deps.ts';
import { hostAsked } from './owners.ts';

const mostVms = 20;
const lookedThrough = 500;
const mostLines = { ofOne: 10_000, ofEach: 1_000 };

/** The logs of the VMs that ran on a host in the last while, or all that there is of one. */
export async function logs(
  { store, clock, readLog }: Pick<RequestDeps, 'store' | 'clock' | 'readLog'>,
  query: V1QueryOf<'logs'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const since = after(clock.now(), -seconds(query.age));
  const found = await store.transaction(async (tx) => {
    const host = await hostAsked(tx, caller, query);
    if (!host.ok) return host;
    const { id } = host.value.host;
    if (query.id === undefined) return answered(await lately(tx, id, host.value.owners, since));
    const vm = await vmCalled(tx, query.id, id, host.value.owners);
    return vm === undefined
      ? refused(404, 'No such VM', `${query.host} has and had no VM ${query.id}.`)
      : answered([vm]);
  });
  if (!found.ok) return found;
  const texts: string[] = [];
  for (const vm of found.value) {
    // The age goes along with an id, too, and means nothing then: the client refuses to take both.
    const wanted = query.id === undefined ? { count: mostLines.ofEach, since } : { count: mostLines.ofOne };
    const lines = vm.host === undefined ? [] : await readLog(vm.host, vm.id, wanted);
    texts.push(`== ${vm.id}, runner ${vm.runnerName}, ${vm.state} ==`);
    texts.push(...('refused' in lines ? [`(not to be had: ${lines.refused})`] : lines));
  }
  return answered({ text: texts.join('\n') });
}

/** What the agent of a host has logged in the last while. */
export async function service(
  { store, clock, readAgentLog }: Pick<RequestDeps, 'store' | 'clock' | 'readAgentLog'>,
  query: V1QueryOf<'service'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const found = await store.transaction((tx) => hostAsked(tx, caller, query));
  if (!found.ok) return found;
  const { id, name } = found.value.host;
  const since = after(clock.now(), -seconds(query.age));
  const lines = await readAgentLog(id, { count: mostLines.ofOne, since });
  return 'refused' in lines
    ? refused(503, 'Log not to be had', `The log of the agent lies on ${name}, but ${lines.refused}.`)
    : answered({ text: lines.join('\n') });
}

/** What this process has logged in the last while. Others of the same control plane have logs of their own. */
export async function controllerLogs(
  { clock, ownLog }: Pick<RequestDeps, 'clock' | 'ownLog'>,
  { age }: V1QueryOf<'controllerLogs'>,
): Promise<ApiAnswer<V1Body>> {
  if (ownLog === undefined)
    return refused(503, 'Log not to be had', 'This control plane does not remember what it logs.');
  const since = after(clock.now(), -seconds(age));
  return answered({ text: ownLog.read({ count: mostLines.ofOne, since }).join('\n') });
}

/** Those that lived at `since` or later, newest first. */
async function lately(
  tx: Transaction,
  host: HostId,
  owners: readonly string[] | undefined,
  since: Instant,
): Promise<readonly Vm[]> {
  const vms = await tx.vms.list({ host, ...(owners !== undefined && { owners }) }, lookedThrough);
  return vms.filter((vm) => vm.state !== 'gone' || vm.since >= since).slice(0, mostVms);
}

/** By its id or by the name of its runner. */
export async function vmCalled(
  tx: Transaction,
  called: string,
  host: HostId,
  owners: readonly string[] | undefined,
): Promise<Vm | undefined> {
  const isSeen = (vm: Vm): boolean =>
    vm.host === host && (owners === undefined || owners.includes(scopeOwner(vm.scope)));
  const byId = await tx.vms.get(vmId(called));
  if (byId !== undefined) return isSeen(byId) ? byId : undefined;
  const vms = await tx.vms.list({ host, ...(owners !== undefined && { owners }) }, lookedThrough);
  return vms.find(({ runnerName }) => runnerName === called);
}
