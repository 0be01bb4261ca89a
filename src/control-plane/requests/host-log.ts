import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';
import { hostCalled } from './order-host.ts';
import { wantedIn } from './vms.ts';

export async function hostLog(
  { store, clock, readAgentLog }: Pick<RequestDeps, 'store' | 'clock' | 'readAgentLog'>,
  { params, query }: RequestOf<'hostLog'>,
): Promise<ApiAnswer<AnswerOf<'hostLog'>>> {
  const found = await store.transaction(async (tx) => hostCalled(params.host, await tx.hosts.list()));
  if (!found.ok) return found;
  const { id, name } = found.value;
  const lines = await readAgentLog(id, wantedIn(query, clock.now()));
  return 'refused' in lines
    ? refused(503, 'Log not to be had', `The log of the agent lies on ${name}, but ${lines.refused}.`)
    : answered({ host: id, lines: [...lines] });
}
