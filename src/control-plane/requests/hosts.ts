import { type Caller, sees } from '../../domain/access/caller.ts';
import type { HostVitals } from '../../domain/hosts/vitals.ts';
import { reservingStates, type Vm } from '../../domain/lifecycle/vm.ts';
import { mostVms, usageOf } from '../../domain/scheduling/capacity.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import { scopeOwner } from '../../domain/scope.ts';
import { toIso } from '../../domain/time.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiHost } from '../../wire/api/hosts.ts';
import type { Settings } from '../settings.ts';
import type { RequestDeps } from './deps.ts';
import { describeVitals } from './host-vitals.ts';

export async function listHosts(
  deps: Pick<RequestDeps, 'store' | 'clock' | 'settings'>,
  _request: RequestOf<'listHosts'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'listHosts'>>> {
  const hosts = await deps.store.transaction(async (tx) => {
    const [rows, vms, vitals] = [await tx.hosts.list(), await tx.vms.allLive(), await tx.vitals.list()];
    const vitalsOf = new Map(vitals.map((told) => [told.host, told]));
    const seen = vms.filter((vm) => reservingStates.has(vm.state) && sees(caller, scopeOwner(vm.scope)));
    return rows
      .filter((host) => isFor(caller, host))
      .map((host) => {
        const here = seen.filter((vm) => vm.host === host.id);
        return describeHost(caller, host, { vms: here, vitals: vitalsOf.get(host.id) }, deps.settings);
      });
  });
  return answered({ now: toIso(deps.clock.now()), image: deps.settings.image, hosts });
}

/** A member sees the hosts that take work of theirs. */
export const isFor = (caller: Caller, { owners }: Host): boolean =>
  caller.reach === 'all' || owners.length === 0 || owners.some((owner) => sees(caller, owner));

/** Without the other accounts that the host serves, and without what an operator said of it for operators. */
function narrowedTo(caller: Caller, host: Host): Host {
  if (caller.reach === 'all') return host;
  const { hold, ...rest } = host;
  return {
    ...rest,
    owners: host.owners.filter((owner) => sees(caller, owner)),
    ...(hold !== undefined && { hold: { ...hold, by: 'an operator', why: '' } }),
  };
}

/** @param vms those that hold room on it and that the caller may see. */
export function describeHost(
  caller: Caller,
  whole: Host,
  { vms, vitals }: { vms: readonly Vm[]; vitals: HostVitals | undefined },
  settings: Pick<Settings, 'image' | 'capacity'>,
): ApiHost {
  const host = narrowedTo(caller, whole);
  const { capacity } = host;
  return {
    id: host.id,
    name: host.name,
    state: host.state,
    ...(host.hold === undefined ? {} : { hold: { ...host.hold, since: toIso(host.hold.since) } }),
    owners: [...host.owners],
    ...(capacity === undefined
      ? {}
      : {
          capacity: {
            arch: capacity.arch,
            milliCpus: capacity.milliCpus,
            memoryMib: capacity.memoryMib,
            diskGib: capacity.diskGib,
            labels: [...capacity.labels],
            images: [...capacity.images],
          },
        }),
    ...(host.auto === true && { auto: true }),
    vms: vms.length,
    usedMilliCpus: vms.reduce((sum, vm) => sum + vm.shape.milliCpus, 0),
    usedMemoryMib: vms.reduce((sum, vm) => sum + vm.shape.memoryMib, 0),
    ...(capacity !== undefined && {
      maxVms: mostVms(capacity, usageOf(vms, settings.capacity), settings.capacity),
    }),
    ...describeVitals(caller, whole, vitals, settings.image),
    ...(host.version === undefined ? {} : { version: host.version }),
    ...(host.lastHeardAt === undefined ? {} : { lastHeardAt: toIso(host.lastHeardAt) }),
    enrolledAt: toIso(host.enrolledAt),
  };
}
