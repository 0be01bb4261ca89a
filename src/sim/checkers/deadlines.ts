// I7: whoever waits has a deadline, and when it is past somebody looks. The same for tasks: what is due gets done.

import { overdue, wrongWithJob, wrongWithVm } from '../../domain/lifecycle/invariants.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { minutes } from '../../domain/time.ts';
import type { Checker, Look } from './checker.ts';
import { Lasting } from './lasting.ts';
import { News } from './news.ts';

/** A task that kept failing comes again after a quarter of an hour at most, and a lease is over after half a minute. */
const untilDone = { fair: minutes(2), afterStorm: minutes(20) };

export function makeDeadlinesKept(): Checker {
  const late = new Lasting<string>(untilDone);
  return {
    name: 'I7 nothing is overdue',
    family: 'liveness',
    look: (look) => late.late(look, overdueNow(look)),
  };
}

function* overdueNow({ now, vms, jobs, tasks }: Look): Iterable<string> {
  for (const vm of vms) if (overdue(vm, now, 0)) yield `${vm.id} is ${vm.state} beyond its time`;
  for (const job of jobs) if (overdue(job, now, 0)) yield `job ${job.id} is ${job.state} beyond its time`;
  for (const { id, what, dueAt } of tasks)
    if (dueAt < now) yield `task ${id} (${what.kind}) is due and not done`;
}

/** What must be so of each row by itself, at every moment, whatever happens. */
export function makeSoundRows(): Checker {
  const vmNews = new News<Vm>();
  const jobNews = new News<Job>();
  return {
    name: 'rows are sound',
    family: 'correctness',
    look: ({ vms, jobs }) => [
      ...vmNews.of(vms).flatMap((vm) => wrongWithVm(vm).map((what) => `${vm.id}: ${what}`)),
      ...jobNews.of(jobs).flatMap((job) => wrongWithJob(job).map((what) => `job ${job.id}: ${what}`)),
    ],
  };
}
