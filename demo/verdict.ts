// Whether the demo showed what it promises: every job ended as it should, said what it should, and had a VM of its own.

import type { Job } from '../src/domain/lifecycle/job.ts';
import type { Vm } from '../src/domain/lifecycle/vm.ts';
import type { Expected } from './workflow.ts';

export interface Ended {
  job: Job;
  vm: Vm | undefined;
  log: string;
}

/** What is wrong, in words; empty when all is well. */
export function faults(expected: readonly Expected[], ended: readonly Ended[]): readonly string[] {
  const byName = new Map(ended.map((one) => [one.job.name, one]));
  const ofJobs = expected.flatMap((wanted) => faultsOf(wanted, byName.get(wanted.job)));
  const strangers = ended
    .filter(({ job }) => !expected.some((wanted) => wanted.job === job.name))
    .map(({ job }) => `a job that nobody asked for: ${job.name}`);
  return [...ofJobs, ...strangers, ...sharedVms(ended), ...wrongBootIds(ended)];
}

function faultsOf(wanted: Expected, ended: Ended | undefined): readonly string[] {
  if (ended === undefined) return [`${wanted.job}: it never came`];
  const { job, vm, log } = ended;
  const conclusion = job.knowledge.completed?.conclusion;
  return [
    conclusion === wanted.conclusion ? '' : `${job.name}: ${conclusion} instead of ${wanted.conclusion}`,
    vm === undefined ? `${job.name}: no VM of ours ran it` : '',
    ...wanted.says.map((text) => (says(log, text) ? '' : `${job.name}: its log does not say "${text}"`)),
    ...wanted.neverSays.map((text) => (log.includes(text) ? `${job.name}: its log says "${text}"` : '')),
  ].filter((fault) => fault !== '');
}

const says = (log: string, text: string | RegExp): boolean =>
  typeof text === 'string' ? log.includes(text) : text.test(log);

function sharedVms(ended: readonly Ended[]): readonly string[] {
  const groups = Map.groupBy(
    ended.filter(({ vm }) => vm !== undefined),
    ({ vm }) => vm?.id,
  );
  return [...groups]
    .filter(([, jobs]) => jobs.length > 1)
    .map(([vm, jobs]) => `${vm} ran ${jobs.map(({ job }) => job.name).join(' and ')}`);
}

/** The id that the job read inside must be that of the VM that we say it ran in, and of no other. */
function wrongBootIds(ended: readonly Ended[]): readonly string[] {
  const seen = new Map<string, string>();
  return ended.flatMap(({ job, vm, log }) => {
    const id = bootIdIn(log);
    if (id === undefined) return [`${job.name}: its log has no boot id`];
    const other = seen.get(id);
    seen.set(id, job.name);
    return [
      id === vm?.bootId ? '' : `${job.name}: ran on boot ${id}, but ${vm?.id} is boot ${vm?.bootId}`,
      other === undefined ? '' : `${job.name} and ${other} ran on the same boot ${id}`,
    ].filter((fault) => fault !== '');
  });
}

export const bootIdIn = (log: string): string | undefined => /boot-id=([0-9a-f-]{32,36})/.exec(log)?.[1];
