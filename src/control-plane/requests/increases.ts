import { type Caller, sees } from '../../domain/access/caller.ts';
import { dayName, dayOf, wholeWeeks } from '../../domain/insights/calendar.ts';
import type { FinishedJob } from '../../domain/insights/finished-job.ts';
import {
  changedSettings,
  type Increase,
  increasesIn,
  type RunSetting,
} from '../../domain/insights/increases.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { scopeKey } from '../../domain/scope.ts';
import { toIso } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiIncrease, ApiJobRun } from '../../wire/api/usage.ts';
import type { RequestDeps } from './deps.ts';
import { ownersCounted } from './tallies.ts';

type Deps = Pick<RequestDeps, 'store' | 'clock'>;

export async function increases(
  { store, clock }: Deps,
  { query }: RequestOf<'increases'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'increases'>>> {
  const jobs = await store.transaction((tx) =>
    tx.insights.weeks(wholeWeeks(clock.now(), query.days), ownersCounted(caller, query.owner)),
  );
  const found = increasesIn(jobs, query.percent);
  return answered({ count: found.length, increases: found.slice(0, query.limit).map(describe) });
}

const describe = ({ weeks, ...increase }: Increase): ApiIncrease => ({
  ...increase,
  weeks: weeks.map(({ monday, ...week }) => ({ ...week, monday: dayName(monday) })),
});

export async function jobRuns(
  { store, clock }: Deps,
  { query }: RequestOf<'jobRuns'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'jobRuns'>>> {
  const of = { repository: query.repository.toLowerCase(), workflow: query.workflow, name: query.name };
  const to = dayOf(clock.now()) + 1;
  const runs = await store.transaction(async (tx) => {
    const found = await tx.insights.longest(of, { from: to - query.days, to });
    const seen = found.filter(({ owner }) => sees(caller, owner));
    const vmOf = await vmsOf(tx, seen);
    return seen.map((run) => ({ run, setting: settingOf(run, vmOf(run)) }));
  });
  if (runs.length === 0)
    return refused(
      404,
      'No such job',
      'No job of that name succeeded in these days. See them: bellows increases',
    );
  return answered({
    runs: runs.map(({ run, setting }, index) => describeRun(run, setting, runs[index - 1]?.setting)),
  });
}

/** The VM of each run whose runner was one of ours. */
async function vmsOf(
  tx: Transaction,
  runs: readonly FinishedJob[],
): Promise<(run: FinishedJob) => Vm | undefined> {
  const asked = runs.flatMap(({ scope, runner }) => (runner === undefined ? [] : [{ scope, name: runner }]));
  const vms = await tx.vms.byRunnerNames(asked);
  const found = new Map(vms.map((vm) => [`${scopeKey(vm.scope)} ${vm.runnerName}`, vm]));
  return ({ scope, runner }) => found.get(`${scope} ${runner}`);
}

const settingOf = ({ sha, labels }: FinishedJob, vm: Vm | undefined): RunSetting => ({
  sha,
  size: labels,
  ...(vm && { image: vm.image }),
  ...(vm?.host !== undefined && { host: vm.host }),
});

const describeRun = (
  { job, endedAt, ms, waitMs }: FinishedJob,
  setting: RunSetting,
  before: RunSetting | undefined,
): ApiJobRun => ({
  job,
  endedAt: toIso(endedAt),
  ...{ ms, waitMs },
  ...setting,
  changed: [...changedSettings(before, setting)],
});
