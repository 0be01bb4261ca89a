import { labelKey } from '../../domain/labels/label-set.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { scopeKey, scopeOwner } from '../../domain/scope.ts';
import { vmSearchText } from '../../domain/search/search-text.ts';
import type { VmTable } from '../../ports/store.ts';
import type { Db } from './db.ts';
import { demandOf } from './hashes.ts';
import { holds } from './search.ts';
import { storable } from './tables.ts';
import { type NoteChange, type Versioning, versionedTable } from './versioned-table.ts';

const versioning: Versioning<Vm['id'], Vm> = {
  table: 'vms',
  idOf: (vm) => vm.id,
  versionOf: (vm) => vm.version,
  raised: (vm) => ({ ...vm, version: vm.version + 1 }),
  changeOf: ({ id, scope }) => ({ kind: 'vm', id, owner: scopeOwner(scope) }),
  columns: (vm) => ({
    state: vm.state,
    owner: storable(scopeOwner(vm.scope)),
    host: vm.host ?? null,
    scope: storable(scopeKey(vm.scope)),
    runner_name: storable(vm.runnerName),
    cause: vm.cause,
    demand: demandOf(scopeKey(vm.scope), labelKey(vm.labels)),
    requested_at: vm.requestedAt,
    since: vm.since,
    search: storable(vmSearchText(vm)),
  }),
};

export function vmTable(db: Db, note: NoteChange): VmTable {
  const oldestFirst = () => db.selectFrom('vms').select('doc').orderBy('requested_at').orderBy('id');
  const newestFirst = () =>
    db.selectFrom('vms').select('doc').orderBy('requested_at', 'desc').orderBy('id', 'desc');
  const live = () => oldestFirst().where('state', '<>', 'gone');
  const docs = async (query: ReturnType<typeof oldestFirst>): Promise<Vm[]> =>
    (await query.execute()).map((row) => row.doc);
  return {
    ...versionedTable(db, versioning, note),
    live: (scope, labels) => docs(live().where('demand', '=', demandOf(scope, labels))),
    lately: (scope, labels, goneSince) => {
      const same = oldestFirst().where('demand', '=', demandOf(scope, labels));
      return docs(same.where((is) => is.or([is('state', '<>', 'gone'), is('since', '>=', goneSince)])));
    },
    allLive: () => docs(live()),
    onHost: (host) => docs(live().where('host', '=', host)),
    unplaced: (limit) => docs(oldestFirst().where('state', '=', 'requested').limit(limit)),
    byRunnerName: async (scope, name) => {
      const named = newestFirst().where('runner_name', '=', storable(name));
      return (await docs(named.where('scope', '=', storable(scope)).limit(1)))[0];
    },
    forJob: (job) => docs(newestFirst().where('cause', '=', job)),
    forJobs: (jobs) => docs(newestFirst().where((is) => is('cause', '=', is.fn.any(is.val([...jobs]))))),
    async byRunnerNames(runners) {
      const names = runners.map(({ name }) => storable(name));
      const asked = new Set(runners.map(({ scope, name }) => `${scope} ${name}`));
      const named = await docs(newestFirst().where((is) => is('runner_name', '=', is.fn.any(is.val(names)))));
      const newest = new Map<string, Vm>();
      for (const vm of named.toReversed()) newest.set(`${scopeKey(vm.scope)} ${vm.runnerName}`, vm);
      return [...newest].filter(([key]) => asked.has(key)).map(([, vm]) => vm);
    },
    async scopes() {
      const newest = db.selectFrom('vms').distinctOn('scope').select('doc').orderBy('scope');
      return (await docs(newest.orderBy('requested_at', 'desc').orderBy('id', 'desc'))).map((vm) => vm.scope);
    },
    list({ text, owner, owners, host, states }, limit, from) {
      let query = db.selectFrom('vms').select('id');
      if (owner !== undefined) query = query.where('owner', '=', storable(owner));
      if (owners !== undefined)
        query = query.where((is) => is('owner', '=', is.fn.any(is.val(owners.map(storable)))));
      if (from !== undefined)
        query = query.where((is) =>
          is(is.refTuple('requested_at', 'id'), '<', is.tuple<number, string>(from.at, from.id)),
        );
      if (host !== undefined) query = query.where('host', '=', host);
      if (states !== undefined) query = query.where((is) => is('state', '=', is.fn.any(is.val([...states]))));
      if (text !== undefined) query = query.where((is) => holds(is.ref('search'), text));
      const found = query.orderBy('requested_at', 'desc').orderBy('id', 'desc').limit(limit);
      return docs(newestFirst().where('id', 'in', found));
    },
  };
}
