import { type Caller, ownersSeen, sees } from '../../domain/access/caller.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import { instantOf, toIso } from '../../domain/time.ts';
import type { RecordedRepair } from '../../ports/repair-tables.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiRepair } from '../../wire/api/repairs.ts';
import type { RequestDeps } from './deps.ts';

export async function listRepairs(
  { store, clock }: Pick<RequestDeps, 'store' | 'clock'>,
  { query }: RequestOf<'listRepairs'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'listRepairs'>>> {
  const { owner, kind, since, before, limit } = query;
  const filter = {
    ...ownersSeen(caller),
    ...(owner !== undefined && { owner: owner.toLowerCase() }),
    ...(kind !== undefined && { kinds: [kind] }),
    ...(since !== undefined && { since: instantOf(Date.parse(since)) }),
  };
  const { rows, counts } = await store.transaction(async (tx) => ({
    rows: await tx.repairs.list(filter, { limit, ...(before !== undefined && { before }) }),
    counts: await tx.repairs.count(filter),
  }));
  const next = rows.length === limit ? rows.at(-1)?.number : undefined;
  return answered({
    now: toIso(clock.now()),
    counts,
    repairs: rows.map(describeRepair),
    ...(next !== undefined && { next }),
  });
}

export async function repairNow(
  { repair }: Pick<RequestDeps, 'repair'>,
  { body }: RequestOf<'repairNow'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'repairNow'>>> {
  const owner = body.owner?.toLowerCase();
  if (owner === undefined && caller.reach !== 'all')
    return refused(400, 'For which account?', `Say for which: ${caller.reach.join(', ')}.`);
  if (owner !== undefined && !sees(caller, owner))
    return refused(404, 'No such account', 'You see no account of that name.');
  const report = await repair(owner === undefined ? {} : { owner });
  return answered({ mended: report.mended.map(describeRepair), failed: [...report.failed] });
}

export function describeRepair(repair: Repair | RecordedRepair): ApiRepair {
  const { at, kind, cause, subject, owner, data } = repair;
  return {
    ...('number' in repair && { number: repair.number }),
    at: toIso(at),
    kind,
    cause,
    subject: { kind: subject.kind, id: String(subject.id) },
    ...(owner !== undefined && { owner }),
    data: { ...data },
  };
}
