import type { CallOf } from '../wire/api/endpoints.ts';
import type { ApiVm } from '../wire/api/vms.ts';
import { age } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table, withNext } from './table.ts';

export type VmQuery = NonNullable<CallOf<'listVms'>['query']>;

/** `bellows vms` */
export const vms =
  (query: VmQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('listVms', { query }), (value) => ({
      ok: true,
      json: value,
      text:
        value.vms.length === 0
          ? 'No VMs.'
          : withNext(
              table(
                head,
                value.vms.map((vm) => row(vm, value.now)),
              ),
              value.next,
            ),
    }));

const head = ['vm', 'state', 'for', 'scope', 'labels', 'host', 'job', 'why'];

const row = (vm: ApiVm, now: string): string[] => [
  vm.id,
  vm.state,
  age(vm.since, now),
  vm.scope,
  vm.labels.join(','),
  vm.host ?? '',
  vm.job === undefined ? `for ${vm.cause}` : String(vm.job),
  vm.failure ? `${vm.failure.reason} (${vm.failure.owner})` : (vm.tombstone?.reason ?? ''),
];
