import { labelKey } from '../../domain/labels/label-set.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { scopeKey, scopeOwner } from '../../domain/scope.ts';
import type { VmTable } from '../../ports/store.ts';
import { by, newestFirst } from './order.ts';
import type { Participant, Session } from './session.ts';
import { createVersionedRows } from './versioned-table.ts';

const oldest = by<Vm>(
  (vm) => vm.requestedAt,
  (vm) => vm.id,
);

export function createVmTable(): { participant: Participant; in(session: Session): VmTable } {
  const versioned = createVersionedRows({
    name: 'vm',
    idOf: (vm: Vm) => vm.id,
    versionOf: (vm) => vm.version,
    raised: (vm) => ({ ...vm, version: vm.version + 1 }),
  });
  const { rows } = versioned;
  const isLive = (vm: Vm): boolean => vm.state !== 'gone';

  return {
    participant: rows,
    in: (session) => {
      const oldestFirst = (wanted: (vm: Vm) => boolean): Promise<Vm[]> =>
        session.statement(() => rows.select(session, wanted).sort(oldest));
      return {
        ...versioned.in(session),
        live: (scope, labels) =>
          oldestFirst((vm) => isLive(vm) && scopeKey(vm.scope) === scope && labelKey(vm.labels) === labels),
        lately: (scope, labels, goneSince) =>
          oldestFirst(
            (vm) =>
              (isLive(vm) || vm.since >= goneSince) &&
              scopeKey(vm.scope) === scope &&
              labelKey(vm.labels) === labels,
          ),
        allLive: () => oldestFirst(isLive),
        onHost: (host) => oldestFirst((vm) => isLive(vm) && vm.host === host),
        unplaced: async (limit) => (await oldestFirst((vm) => vm.state === 'requested')).slice(0, limit),
        byRunnerName: async (scope, name) =>
          (await oldestFirst((vm) => vm.runnerName === name && scopeKey(vm.scope) === scope)).at(-1),
        forJob: async (job) => (await oldestFirst((vm) => vm.cause === job)).reverse(),
        scopes: async () => [
          ...new Map((await oldestFirst(() => true)).map(({ scope }) => [scopeKey(scope), scope])).values(),
        ],
        list: (filter, limit) =>
          session.statement(() =>
            rows
              .select(
                session,
                (vm) =>
                  (filter.owner === undefined || scopeOwner(vm.scope) === filter.owner) &&
                  (filter.host === undefined || vm.host === filter.host) &&
                  (filter.states === undefined || filter.states.includes(vm.state)),
              )
              .sort(newestFirst(oldest))
              .slice(0, limit),
          ),
      };
    },
  };
}
