import type { LabelKey, ScopeKey } from '../../domain/ids.ts';
import { labelKey } from '../../domain/labels/label-set.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { scopeKey, scopeOwner } from '../../domain/scope.ts';
import { vmSearchText, wanted } from '../../domain/search/search-text.ts';
import type { Place, VmFilter, VmTable } from '../../ports/store.ts';
import { newestFirst } from './order.ts';
import type { IndexSpec } from './row-index.ts';
import type { Rows, Selection } from './rows.ts';
import type { Session } from './session.ts';
import { createVersionedRows } from './versioned-table.ts';

const byId = (a: Vm, b: Vm): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const order = (a: Vm, b: Vm): number => a.requestedAt - b.requestedAt || byId(a, b);
const bySince = (a: Vm, b: Vm): number => a.since - b.since || byId(a, b);

const isLive = (vm: Vm): boolean => vm.state !== 'gone';
const demand = (scope: ScopeKey, labels: LabelKey): string => `${scope} ${labels}`;
const demandOf = (vm: Vm): string => demand(scopeKey(vm.scope), labelKey(vm.labels));

const indexes = {
  all: { keyOf: () => '', order },
  state: { keyOf: (vm) => vm.state, order },
  live: { keyOf: (vm) => (isLive(vm) ? '' : undefined), order },
  liveOfDemand: { keyOf: (vm) => (isLive(vm) ? demandOf(vm) : undefined), order },
  gone: { keyOf: (vm) => (isLive(vm) ? undefined : ''), order: bySince },
  goneOfDemand: { keyOf: (vm) => (isLive(vm) ? undefined : demandOf(vm)), order: bySince },
  liveOnHost: { keyOf: (vm) => (isLive(vm) ? vm.host : undefined), order },
  runner: { keyOf: (vm) => `${scopeKey(vm.scope)} ${vm.runnerName}`, order },
  cause: { keyOf: (vm) => `${vm.cause}`, order },
  scope: { keyOf: (vm) => scopeKey(vm.scope), order },
} satisfies Record<string, IndexSpec<Vm>>;

type VmIndex = keyof typeof indexes;
export type VmRows = Rows<Vm, VmIndex>;

export function createVmTable(): { participant: VmRows; in(session: Session): VmTable } {
  const versioned = createVersionedRows<Vm['id'], Vm, VmIndex>({
    name: 'vm',
    indexes,
    idOf: (vm) => vm.id,
    versionOf: (vm) => vm.version,
    raised: (vm) => ({ ...vm, version: vm.version + 1 }),
    changeOf: ({ id, scope }) => ({ kind: 'vm', id, owner: scopeOwner(scope) }),
  });
  const { rows } = versioned;

  return {
    participant: rows,
    in: (session) => {
      const select = (index: VmIndex, key: string, selection?: Selection<Vm>): Promise<Vm[]> =>
        session.statement(() => rows.select(session, index, key, selection));
      return {
        ...versioned.in(session),
        live: (scope, labels) => select('liveOfDemand', demand(scope, labels)),
        lately: (scope, labels, goneSince) =>
          session.statement(() => {
            const key = demand(scope, labels);
            const gone = rows.select(session, 'goneOfDemand', key, {
              newestFirst: true,
              while: (vm) => vm.since >= goneSince,
            });
            return [...rows.select(session, 'liveOfDemand', key), ...gone].sort(order);
          }),
        allLive: () => select('live', ''),
        onHost: (host) => select('liveOnHost', host),
        unplaced: (limit) => select('state', 'requested', { limit }),
        byRunnerName: async (scope, name) =>
          (await select('runner', `${scope} ${name}`, { newestFirst: true, limit: 1 }))[0],
        forJob: (job) => select('cause', `${job}`, { newestFirst: true }),
        forJobs: (jobs) =>
          session.statement(() =>
            [...new Set(jobs)].flatMap((job) => rows.select(session, 'cause', `${job}`)),
          ),
        byRunnerNames: (runners) =>
          session.statement(() =>
            [...new Set(runners.map(({ scope, name }) => `${scope} ${name}`))].flatMap((key) =>
              rows.select(session, 'runner', key, { newestFirst: true, limit: 1 }),
            ),
          ),
        scopes: () =>
          session.statement(() =>
            [...rows.keys(session, 'scope')].flatMap((key) =>
              rows.select(session, 'scope', key, { newestFirst: true, limit: 1 }).map(({ scope }) => scope),
            ),
          ),
        list: (filter, limit, from) =>
          session.statement(() => listed(rows, session, { filter, limit, from })),
      };
    },
  };
}

interface Listing {
  filter: VmFilter;
  limit: number;
  from: Place<Vm['id']> | undefined;
}

function listed(rows: VmRows, session: Session, { filter, limit, from }: Listing): Vm[] {
  const { text, owner, owners, host, states } = filter;
  const selection = {
    newestFirst: true,
    limit,
    where: (vm: Vm) =>
      (owner === undefined || scopeOwner(vm.scope) === owner) &&
      (owners === undefined || owners.includes(scopeOwner(vm.scope))) &&
      (host === undefined || vm.host === host) &&
      (text === undefined || vmSearchText(vm).includes(wanted(text))) &&
      isAfter(vm, from),
  };
  if (states === undefined) return rows.select(session, 'all', '', selection);
  const found = [...new Set(states)].flatMap((state) => rows.select(session, 'state', state, selection));
  return found.sort(newestFirst(order)).slice(0, limit);
}

const isAfter = ({ requestedAt, id }: Vm, from: Place<Vm['id']> | undefined): boolean =>
  from === undefined || requestedAt < from.at || (requestedAt === from.at && id < from.id);
