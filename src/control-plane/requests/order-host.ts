// What an operator decides about a host: drain it, take it back, disable it. The decision is part of the host's row, so that
// it outlives agents and control planes; who decided it, when and why is a line in the host's history.

import type { Caller } from '../../domain/access/caller.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import { reservingStates, type Vm } from '../../domain/lifecycle/vm.ts';
import type { Hold, Host } from '../../domain/scheduling/host.ts';
import type { Transaction } from '../../ports/store.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import { applyToVm } from '../apply.ts';
import type { RequestDeps } from './deps.ts';
import { describeHost } from './hosts.ts';
import { pageOfEvents } from './jobs.ts';

type Deps = Pick<RequestDeps, 'store' | 'clock' | 'log' | 'settings'>;
type Order = RequestOf<'orderHost'>['body'];

export async function orderHost(
  deps: Deps,
  { params, body }: RequestOf<'orderHost'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'orderHost'>>> {
  const answer = await deps.store.transaction(async (tx) => {
    // No plan that was made with the host in it is committed after this.
    await tx.lock('placement');
    const found = hostCalled(params.host, await tx.hosts.list());
    if (!found.ok) return found;
    const forced = body.force ? await forceAll(tx, deps, found.value, body) : 0;
    const host = await write(tx, deps, found.value, body, forced);
    const vms = reserving(await tx.vms.onHost(host.id));
    const vitals = await tx.vitals.get(host.id);
    return answered({ host: describeHost(caller, host, { vms, vitals }, deps.settings), forced });
  });
  if (answer.ok)
    deps.log.info('an operator decided about a host', {
      ...body,
      host: answer.value.host.id,
      forced: answer.value.forced,
    });
  return answer;
}

export async function hostEvents(
  deps: Pick<RequestDeps, 'store'>,
  { params, query }: RequestOf<'hostEvents'>,
): Promise<ApiAnswer<AnswerOf<'hostEvents'>>> {
  return deps.store.transaction(async (tx) => {
    const found = hostCalled(params.host, await tx.hosts.list());
    if (!found.ok) return found;
    const { id, name } = found.value;
    const lines = await tx.history.page([{ kind: 'host', id }], query.limit, query.before);
    const { events, next } = pageOfEvents(lines, query.limit);
    const named = events.map((event) => ({ ...event, subject: name }));
    return answered({ host: id, events: named, ...(next !== undefined && { next }) });
  });
}

/** By its id, or by its name when only one host has it. */
export function hostCalled(called: string, hosts: readonly Host[]): ApiAnswer<Host> {
  const byId = hosts.find(({ id }) => id === called);
  const named = hosts.filter(({ name }) => name === called);
  const [host] = byId === undefined ? named : [byId];
  if (host === undefined)
    return refused(404, 'No such host', `No host has the id or the name ${called}. See them: bellows hosts`);
  if (byId === undefined && named.length > 1)
    return refused(
      409,
      'Which host?',
      `${named.length} hosts are called ${called}: say its id, one of ${named.map(({ id }) => id).join(', ')}.`,
    );
  return answered(host);
}

/** VMs before the host's row, as everybody locks them. Those that are being destroyed already stay as they are. */
async function forceAll(tx: Transaction, deps: Deps, { id }: Host, order: Order): Promise<number> {
  let forced = 0;
  for (const vm of await tx.vms.onHost(id)) {
    if (vm.tombstone !== undefined) continue;
    await applyToVm(tx, deps, vm.id, { kind: 'force', operator: whoAndWhy(order) });
    forced += 1;
  }
  return forced;
}

const whoAndWhy = ({ by, why }: Order): string => (why === '' ? by : `${by}: ${why}`);

async function write(tx: Transaction, deps: Deps, { id }: Host, order: Order, forced: number): Promise<Host> {
  const row = await tx.hosts.lockRow(id);
  if (row === undefined) throw new Error(`${id} was removed while it was decided about`);
  const { hold: before, ...rest } = row;
  const hold = holdOf(order, deps);
  if (before?.kind === hold?.kind && forced === 0) return row;
  // Who said it first is kept when it is said again.
  const kept = before?.kind === hold?.kind ? before : hold;
  const generation = row.generation + 1;
  const next: Host = { ...rest, generation, ...(kept === undefined ? {} : { hold: kept }) };
  await tx.hosts.update(next);
  tx.wake(`host:${id}`);
  await tx.history.append([lineOf(row, order, deps, forced)]);
  if (hold === undefined) {
    await tx.tasks.enqueue({ kind: 'place' }, deps.clock.now());
    tx.wake('tasks');
  }
  return next;
}

function holdOf({ order, by, why }: Order, { clock }: Deps): Hold | undefined {
  if (order === 'resume') return undefined;
  return { kind: order === 'drain' ? 'draining' : 'disabled', by, why, since: clock.now() };
}

const eventOf = { drain: 'draining', disable: 'disabled', resume: 'resumed' } as const;

const lineOf = ({ id }: Host, { order, by, why }: Order, { clock }: Deps, forced: number): HistoryLine => ({
  at: clock.now(),
  subject: { kind: 'host', id },
  event: eventOf[order],
  data: { by, why, ...(forced > 0 && { forced }) },
});

const reserving = (vms: readonly Vm[]): readonly Vm[] =>
  vms.filter(({ state }) => reservingStates.has(state));
