// One job with all that is known of it, and one VM likewise.

import { type Caller, sees } from '../../domain/access/caller.ts';
import { knownFailure } from '../../domain/attribution/known-failure.ts';
import { jobId, type VmId, vmId } from '../../domain/ids.ts';
import { currentPhase } from '../../domain/insights/current-phase.ts';
import { phaseOwners, phasesOf } from '../../domain/insights/phases.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { RepairSubject } from '../../domain/repair/repair.ts';
import { scopeOwner } from '../../domain/scope.ts';
import { after, toIso } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiPhase } from '../../wire/api/jobs.ts';
import type { Resources } from '../../wire/api/vms.ts';
import type { RequestDeps } from './deps.ts';
import { describeJob, vmsOf } from './describe-job.ts';
import { measuredFor } from './job-measured.ts';
import { noSuchJob } from './jobs.ts';
import { describeRepair } from './repairs.ts';
import { describeVm, noSuchVm } from './vms.ts';

type Deps = Pick<RequestDeps, 'store' | 'clock'>;

const mostLines = 500;
const mostRepairs = 50;

export async function getJob(
  { store, clock }: Deps,
  { params }: RequestOf<'getJob'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'getJob'>>> {
  const now = clock.now();
  const found = await store.transaction(async (tx) => {
    const row = await tx.jobs.get(jobId(params.job));
    if (row === undefined || !sees(caller, scopeOwner(row.scope))) return undefined;
    const made = await tx.vms.forJob(row.id);
    const { vm: ran, awaited } = (await vmsOf(tx, [row]))(row);
    const vm = ran ?? awaited;
    const vmLines = vm === undefined ? [] : await linesOf(tx, vm.id);
    const jobLines = await tx.history.of({ kind: 'job', id: row.id }, mostLines);
    // Judged anew each time, so that better rules tell more of old jobs too.
    const failure = knownFailure({ job: row, jobLines, vmLines, ...(vm !== undefined && { vm }) });
    const subjects: RepairSubject[] = [
      { kind: 'job', id: row.id },
      ...[...made, ...(vm === undefined ? [] : [vm])].flatMap(({ id, runnerName }): RepairSubject[] => [
        { kind: 'vm', id },
        { kind: 'runner', id: runnerName },
      ]),
    ];
    return {
      job: await describeJob(tx, row, now),
      phases: phasesIn(row, vm, jobLines, vmLines),
      ...(vm !== undefined && { vm: describeVm(vm), ...resourcesIn(vmLines) }),
      ...(failure !== undefined && { failure }),
      ...(await measuredFor(tx, row, now)),
      repairs: await repairsOf(tx, subjects, scopeOwner(row.scope)),
      attempts: made.map(describeVm),
    };
  });
  return found === undefined ? noSuchJob(params.job) : answered({ now: toIso(now), ...found });
}

export async function getVm(
  { store, clock }: Deps,
  { params }: RequestOf<'getVm'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'getVm'>>> {
  const found = await store.transaction(async (tx) => {
    const row = await tx.vms.get(vmId(params.vm));
    if (row === undefined || !sees(caller, scopeOwner(row.scope))) return undefined;
    const lines = await linesOf(tx, row.id);
    const host = row.host === undefined ? undefined : await tx.hosts.get(row.host);
    const subjects: RepairSubject[] = [
      { kind: 'vm', id: row.id },
      { kind: 'runner', id: row.runnerName },
    ];
    return {
      vm: describeVm(row),
      ...(host !== undefined && { hostName: host.name }),
      ...resourcesIn(lines),
      steps: lines.flatMap(({ at, event, data: { phase, ms } }) =>
        event === 'agent-phase' && typeof phase === 'string' && typeof ms === 'number'
          ? [{ at: toIso(at), phase, ms }]
          : [],
      ),
      repairs: await repairsOf(tx, subjects, scopeOwner(row.scope)),
    };
  });
  return found === undefined ? noSuchVm(params.vm) : answered({ now: toIso(clock.now()), ...found });
}

const linesOf = (tx: Transaction, id: VmId): Promise<readonly HistoryLine[]> =>
  tx.history.of({ kind: 'vm', id }, mostLines);

/** Of this account alone: runners of two accounts may be called the same. */
const repairsOf = async (tx: Transaction, subjects: readonly RepairSubject[], owner: string) =>
  (await tx.repairs.list({ subjects, owner }, { limit: mostRepairs })).map(describeRepair);

/** Those that are over, and the one that goes on. */
function phasesIn(
  job: Job,
  vm: Vm | undefined,
  jobLines: readonly HistoryLine[],
  vmLines: readonly HistoryLine[],
): ApiPhase[] {
  const over = phasesOf(jobLines, vmLines).map(({ name, start, ms }) => ({
    name,
    owner: phaseOwners[name],
    from: toIso(start),
    to: toIso(after(start, ms)),
  }));
  const present = currentPhase(job, vm);
  if (present === undefined || over.some(({ name }) => name === present.name)) return over;
  const { name, since } = present;
  return [...over, { name, owner: phaseOwners[name], from: over.at(-1)?.to ?? toIso(since) }];
}

const peakFields = ['cpuPercentPeak', 'memoryMibPeak', 'diskMibPeak'] as const;
const latestFields = ['cpuPercentMean', 'memoryMibMean', 'receivedBytes', 'sentBytes'] as const;

/** The highest of all that was told, of means and traffic the latest; nothing when nothing was. */
function resourcesIn(lines: readonly HistoryLine[]): { resources?: Resources } {
  const told = lines.filter(({ event }) => event === 'agent-usage');
  const figures = [...peakFields, ...latestFields].flatMap((field) => {
    const values = told.map(({ data }) => data[field]).filter((value) => typeof value === 'number');
    const isPeak = peakFields.some((peak) => peak === field);
    const figure = isPeak ? Math.max(...values) : values.at(-1);
    return values.length === 0 || figure === undefined ? [] : [[field, figure] as const];
  });
  return figures.length === 0 ? {} : { resources: Object.fromEntries(figures) };
}
