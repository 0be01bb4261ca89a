import { type Caller, ownersSeen } from '../../domain/access/caller.ts';
import { reservingStates } from '../../domain/lifecycle/vm.ts';
import { toIso } from '../../domain/time.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';
import { describeHost, isFor } from './hosts.ts';
import { hostCalled } from './order-host.ts';
import { describeVm } from './vms.ts';

const mostVms = 200;

/** With the VMs on it that the caller sees: those that are not gone. */
export async function getHost(
  { store, clock, settings }: Pick<RequestDeps, 'store' | 'clock' | 'settings'>,
  { params }: RequestOf<'getHost'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'getHost'>>> {
  return store.transaction(async (tx) => {
    const seen = (await tx.hosts.list()).filter((one) => isFor(caller, one));
    const found = hostCalled(params.host, seen);
    if (!found.ok) return found;
    const states = [...reservingStates];
    const vms = await tx.vms.list({ ...ownersSeen(caller), host: found.value.id, states }, mostVms);
    return answered({
      now: toIso(clock.now()),
      image: settings.image,
      host: describeHost(caller, found.value, { vms, vitals: await tx.vitals.get(found.value.id) }, settings),
      vms: vms.map(describeVm),
    });
  });
}
