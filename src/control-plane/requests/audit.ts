import { instantOf, toIso } from '../../domain/time.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';

export async function listAudit(
  { store, clock }: Pick<RequestDeps, 'store' | 'clock'>,
  { query }: RequestOf<'listAudit'>,
): Promise<ApiAnswer<AnswerOf<'listAudit'>>> {
  const { by, action, since, before, limit } = query;
  const filter = {
    ...(by !== undefined && { by }),
    ...(action !== undefined && { action }),
    ...(since !== undefined && { since: instantOf(Date.parse(since)) }),
  };
  const lines = await store.transaction((tx) => tx.audit.list(filter, limit, before));
  const next = lines.length === limit ? lines.at(-1)?.number : undefined;
  return answered({
    now: toIso(clock.now()),
    lines: lines.map((line) => ({ ...line, at: toIso(line.at), data: { ...line.data } })),
    ...(next !== undefined && { next }),
  });
}
