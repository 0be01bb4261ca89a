import { type Caller, ownersSeen, sees } from '../../domain/access/caller.ts';
import { jobId, type VmId } from '../../domain/ids.ts';
import { scopeOwner } from '../../domain/scope.ts';
import { toIso } from '../../domain/time.ts';
import type { NumberedLine } from '../../ports/store.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiEvent } from '../../wire/api/jobs.ts';
import type { RequestDeps } from './deps.ts';
import { describeJob, describeJobs, vmsOf } from './describe-job.ts';
import { nextAfter, placeIn } from './pages.ts';

type Deps = Pick<RequestDeps, 'store' | 'clock'>;

export async function listJobs(
  { store, clock }: Deps,
  { query }: RequestOf<'listJobs'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'listJobs'>>> {
  const { owner, repository, state, run, text, after, limit } = query;
  const filter = {
    ...ownersSeen(caller),
    ...(owner !== undefined && { owner: owner.toLowerCase() }),
    ...(repository !== undefined && { repository }),
    ...(state !== undefined && { states: state }),
    ...(run !== undefined && { runId: run }),
    ...(text !== undefined && { text }),
  };
  const from = after === undefined ? undefined : placeIn(after, (id) => jobId(Number(id)));
  const now = clock.now();
  const { rows, jobs } = await store.transaction(async (tx) => {
    const found = await tx.jobs.list(filter, limit, from);
    return { rows: found, jobs: await describeJobs(tx, found, now) };
  });
  const next = nextAfter(rows, limit, ({ firstSeenAt, id }) => ({ at: firstSeenAt, id }));
  return answered({ now: toIso(now), jobs: [...jobs], ...next });
}

/** A job's own lines and those of the VMs on its account or with it inside, by time. */
export async function jobEvents(
  { store, clock }: Deps,
  { params, query }: RequestOf<'jobEvents'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'jobEvents'>>> {
  const id = jobId(params.job);
  const found = await store.transaction(async (tx) => {
    const row = await tx.jobs.get(id);
    if (row === undefined || !sees(caller, scopeOwner(row.scope))) return undefined;
    const vms = new Set<VmId>((await tx.vms.forJob(id)).map((vm) => vm.id));
    const { vm } = (await vmsOf(tx, [row]))(row);
    if (vm !== undefined) vms.add(vm.id);
    const subjects = [
      { kind: 'job', id } as const,
      ...[...vms].map((one) => ({ kind: 'vm', id: one }) as const),
    ];
    const lines = await tx.history.page(subjects, query.limit, query.before);
    return { job: await describeJob(tx, row, clock.now()), ...pageOfEvents(lines, query.limit) };
  });
  return found === undefined ? noSuchJob(params.job) : answered(found);
}

export const noSuchJob = (job: number): ApiAnswer<never> =>
  refused(404, 'No such job', `We know no job ${job}. See them: bellows jobs`);

/** Lines in the order of writing; the sort keeps it where the times are equal. */
export function pageOfEvents(
  lines: readonly NumberedLine[],
  limit: number,
): { events: ApiEvent[]; next?: number } {
  const [oldest] = lines;
  return {
    events: lines.toSorted((a, b) => a.at - b.at).map(describeLine),
    ...(oldest !== undefined && lines.length === limit && { next: oldest.number }),
  };
}

const describeLine = ({ at, subject, event, data }: NumberedLine): ApiEvent => ({
  at: toIso(at),
  subject: subject.kind === 'system' ? 'system' : `${subject.id}`,
  event,
  data: { ...data },
});
