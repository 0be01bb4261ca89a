import Table from 'cli-table3';
import { type PhaseName, phaseNames, phasesOf } from '../src/domain/insights/phases.ts';
import type { Store } from '../src/ports/store.ts';
import type { Ended } from './verdict.ts';
import { historyOf } from './watch.ts';

/** Milliseconds of each phase, by the job's name. */
export type PhaseMs = Readonly<Record<string, Partial<Record<PhaseName, number>>>>;

export async function phasesOfAll(store: Store, ended: readonly Ended[]): Promise<PhaseMs> {
  const rows = await Promise.all(
    ended.map(async ({ job, vm }) => {
      const ofJob = await historyOf(store, { kind: 'job', id: job.id });
      const ofVm = vm === undefined ? [] : await historyOf(store, { kind: 'vm', id: vm.id });
      return [job.name, Object.fromEntries(phasesOf(ofJob, ofVm).map(({ name, ms }) => [name, ms]))] as const;
    }),
  );
  return Object.fromEntries(rows);
}

export function phasesTable(phases: PhaseMs, ended: readonly Ended[]): string {
  const table = new Table({
    head: ['job', 'ended', ...phaseNames],
    colAligns: ['left', 'left', ...phaseNames.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const { job } of ended) {
    const of = phases[job.name] ?? {};
    const cells = phaseNames.map((name) => (of[name] === undefined ? '' : String(Math.round(of[name]))));
    table.push([job.name, job.knowledge.completed?.conclusion ?? '', ...cells]);
  }
  return table.toString();
}
