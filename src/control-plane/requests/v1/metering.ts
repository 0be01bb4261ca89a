// What jobs used of their VMs, as the agents measured it from outside.

import { type Caller, sees } from '../../../domain/access/caller.ts';
import { type HostId, jobId } from '../../../domain/ids.ts';
import type { Job } from '../../../domain/lifecycle/job.ts';
import type { Vm } from '../../../domain/lifecycle/vm.ts';
import { scopeKey, scopeOwner } from '../../../domain/scope.ts';
import { toIso } from '../../../domain/time.ts';
import type { Transaction } from '../../../ports/store.ts';
import { type ApiAnswer, answered, refused } from '../../../wire/api/endpoint.ts';
import type { V1Body, V1QueryOf } from '../../../wire/api-v1/endpoints.ts';
import type { Snapshot } from '../../../wire/api-v1/shapes.ts';
import type { RequestDeps } from '../deps.ts';
import { partsOf } from './job-queue.ts';
import { vmCalled } from './logs.ts';
import { hostAsked, ownersAsked } from './owners.ts';

type Deps = Pick<RequestDeps, 'store'>;

const mostLines = 200;
const bytesInMib = 1024 * 1024;
const mibInGib = 1024;
const bytesInGigabyte = 1e9;

export async function metering(
  { store }: Deps,
  query: V1QueryOf<'metering'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  return store.transaction(async (tx) => {
    const host = await hostAsked(tx, caller, query);
    if (!host.ok) return host;
    const { id, name } = host.value.host;
    const vm = await vmCalled(tx, query.id, id, host.value.owners);
    if (vm === undefined) return refused(404, 'No such VM', `${query.host} has and had no VM ${query.id}.`);
    const lines = await tx.history.of({ kind: 'vm', id: vm.id }, mostLines);
    const told = (event: string): object[] =>
      lines.filter((line) => line.event === event).map(({ at, data }) => ({ at: toIso(at), ...data }));
    const { milliCpus, memoryMib, diskGib } = vm.shape;
    return answered({
      json: {
        vm: vm.id,
        runner: vm.runnerName,
        host: name,
        state: vm.state,
        ...(vm.job !== undefined && { job: vm.job }),
        shape: { milliCpus, memoryMib, diskGib },
        usage: told('agent-usage'),
        phases: told('agent-phase'),
      },
    });
  });
}

/** Jobs that are done, newest first. */
export async function snapshots(
  { store }: Deps,
  query: V1QueryOf<'snapshots'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const owners = ownersAsked(caller, query.owners);
  const json = await store.transaction(async (tx) => {
    const filter = { ...(owners !== undefined && { owners }), states: ['done'] as const };
    const hosts = await hostNames(tx);
    const found: Snapshot[] = [];
    for (const job of await tx.jobs.list(filter, query.limit))
      found.push(await snapshotOf(tx, job, hosts, bytesInGigabyte));
    return found;
  });
  return answered({ json });
}

export async function snapshot(
  { store }: Deps,
  query: V1QueryOf<'snapshot'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  return store.transaction(async (tx) => {
    const job = await tx.jobs.get(jobId(query.job));
    const owner = job && scopeOwner(job.scope);
    const isAsked = owner !== undefined && (query.owner === '' || query.owner.toLowerCase() === owner);
    if (job === undefined || !isAsked || !sees(caller, owner))
      return refused(404, 'No such job', `${query.owner} has no job ${query.job}.`);
    const inBytes = await snapshotOf(tx, job, await hostNames(tx), 1);
    return answered({ json: { ...inBytes, ...(await trafficOf(tx, job)) } });
  });
}

const hostNames = async (tx: Transaction): Promise<ReadonlyMap<HostId, string>> =>
  new Map((await tx.hosts.list()).map(({ id, name }) => [id, name]));

/** @param unit bytes in one unit of memory and disk. */
async function snapshotOf(
  tx: Transaction,
  job: Job,
  hosts: ReadonlyMap<HostId, string>,
  unit: number,
): Promise<Snapshot> {
  const { runner, started, completed } = job.knowledge;
  const vm = runner === undefined ? undefined : await tx.vms.byRunnerName(scopeKey(job.scope), runner.name);
  const agent = vm?.host === undefined ? undefined : (hosts.get(vm.host) ?? vm.host);
  return {
    job_id: String(job.id),
    ...partsOf(job),
    job: job.name,
    workflow: job.workflowName,
    ...(agent !== undefined && { agent_name: agent }),
    ...(runner !== undefined && { hostname: runner.name }),
    ...(started !== undefined && { started_at: toIso(started.at) }),
    ...(completed !== undefined && { completed_at: toIso(completed.at) }),
    ...(vm !== undefined && (await usedBy(tx, vm, unit))),
  };
}

async function usedBy(tx: Transaction, { id, shape }: Vm, unit: number): Promise<Partial<Snapshot>> {
  const lines = await tx.history.of({ kind: 'vm', id }, mostLines);
  const peak = (field: string): number | undefined => {
    const told = lines.filter(({ event }) => event === 'agent-usage').map(({ data }) => data[field]);
    const numbers = told.filter((value) => typeof value === 'number');
    return numbers.length === 0 ? undefined : Math.max(...numbers);
  };
  const inUnits = (mib: number): number => (Math.max(0, mib) * bytesInMib) / unit;
  const [memory, disk] = [peak('memoryMibPeak'), peak('diskMibPeak')];
  const diskMib = shape.diskGib * mibInGib;
  return {
    total_cpu: shape.milliCpus,
    share_factor: 0.001,
    total_memory: inUnits(shape.memoryMib),
    disk_space_total: inUnits(diskMib),
    ...(memory !== undefined && { min_memory_available_gb: inUnits(shape.memoryMib - memory) }),
    ...(disk !== undefined && { disk_space_free: inUnits(diskMib - disk), disk_space_used: inUnits(disk) }),
  };
}

/** Of the job itself, from its start to its end. */
async function trafficOf(tx: Transaction, { scope, knowledge: { runner } }: Job): Promise<Partial<Snapshot>> {
  const vm = runner === undefined ? undefined : await tx.vms.byRunnerName(scopeKey(scope), runner.name);
  const lines = vm === undefined ? [] : await tx.history.of({ kind: 'vm', id: vm.id }, mostLines);
  const { receivedBytes, sentBytes } = lines.findLast(({ event }) => event === 'agent-usage')?.data ?? {};
  return {
    ...(typeof receivedBytes === 'number' && { network_read_total: receivedBytes }),
    ...(typeof sentBytes === 'number' && { network_write_total: sentBytes }),
  };
}
