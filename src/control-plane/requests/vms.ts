import { type Caller, ownersSeen, sees } from '../../domain/access/caller.ts';
import { hostId, vmId } from '../../domain/ids.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { scopeKey, scopeOwner } from '../../domain/scope.ts';
import { after, type Instant, instantOf, seconds, toIso } from '../../domain/time.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiVm } from '../../wire/api/vms.ts';
import type { WantedLines } from '../agent-link/agent-requests.ts';
import type { RequestDeps } from './deps.ts';
import { nextAfter, placeIn } from './pages.ts';

export async function listVms(
  deps: Pick<RequestDeps, 'store' | 'clock'>,
  { query }: RequestOf<'listVms'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'listVms'>>> {
  const filter = {
    ...ownersSeen(caller),
    ...(query.owner === undefined ? {} : { owner: query.owner.toLowerCase() }),
    ...(query.host === undefined ? {} : { host: hostId(query.host) }),
    ...(query.state === undefined ? {} : { states: query.state }),
    ...(query.text === undefined ? {} : { text: query.text }),
  };
  const from = query.after === undefined ? undefined : placeIn(query.after, vmId);
  const rows = await deps.store.transaction((tx) => tx.vms.list(filter, query.limit, from));
  const next = nextAfter(rows, query.limit, ({ requestedAt, id }) => ({ at: requestedAt, id }));
  return answered({ now: toIso(deps.clock.now()), vms: rows.map(describeVm), ...next });
}

export async function vmLog(
  deps: Pick<RequestDeps, 'store' | 'clock' | 'readLog'>,
  { params, query }: RequestOf<'vmLog'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'vmLog'>>> {
  const vm = await deps.store.transaction((tx) => tx.vms.get(vmId(params.vm)));
  if (vm === undefined || !sees(caller, scopeOwner(vm.scope))) {
    return noSuchVm(params.vm);
  }
  if (vm.host === undefined) {
    return refused(409, 'No log yet', `${vm.id} has no host yet, so nothing has run: ${vm.state}.`);
  }
  const lines = await deps.readLog(vm.host, vm.id, wantedIn(query, deps.clock.now()));
  return 'refused' in lines
    ? refused(503, 'Log not to be had', `The log of ${vm.id} lies on ${vm.host}, but ${lines.refused}.`)
    : answered({ vm: vm.id, lines: [...lines] });
}

export const noSuchVm = (vm: string): ApiAnswer<never> =>
  refused(404, 'No such VM', `We know no VM ${vm}. See them: bellows vms`);

export function wantedIn(query: RequestOf<'vmLog'>['query'], now: Instant): WantedLines {
  const since = sinceOf(query, now);
  const count = query.lines ?? (since === undefined ? 500 : 10_000);
  return { count, ...(since !== undefined && { since }) };
}

function sinceOf({ ageSeconds, since }: RequestOf<'vmLog'>['query'], now: Instant): Instant | undefined {
  if (ageSeconds !== undefined) return after(now, -seconds(ageSeconds));
  return since === undefined ? undefined : instantOf(Date.parse(since));
}

export const describeVm = (vm: Vm): ApiVm => ({
  id: vm.id,
  state: vm.state,
  scope: scopeKey(vm.scope),
  labels: [...vm.labels],
  milliCpus: vm.shape.milliCpus,
  memoryMib: vm.shape.memoryMib,
  diskGib: vm.shape.diskGib,
  image: vm.image,
  ...(vm.host === undefined ? {} : { host: vm.host }),
  runnerName: vm.runnerName,
  ...(vm.job === undefined ? {} : { job: vm.job }),
  cause: vm.cause,
  attempt: vm.attempt,
  ...(vm.bootId === undefined ? {} : { bootId: vm.bootId }),
  ...(vm.failure === undefined ? {} : { failure: vm.failure }),
  ...(vm.tombstone === undefined
    ? {}
    : { tombstone: { reason: vm.tombstone.reason, rule: vm.tombstone.rule } }),
  requestedAt: toIso(vm.requestedAt),
  since: toIso(vm.since),
});
