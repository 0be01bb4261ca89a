// I1: whatever became of the deliveries, in the end the books say of each job what GitHub says.

import type { Job } from '../../domain/lifecycle/job.ts';
import { minutes } from '../../domain/time.ts';
import { openJobs } from '../github/inspect.ts';
import type { Checker, Look } from './checker.ts';
import { Lasting } from './lasting.ts';
import { ServedJobs } from './served.ts';

/** The books must not say of a job what never was: over when it is not, or ended otherwise than it did. */
export function makeJobTruth(): Checker {
  return {
    name: 'I1 jobs ended as GitHub says',
    family: 'correctness',
    end: ({ world, jobs }) => {
      const { state } = world.github.world;
      return jobs.flatMap((row) => {
        const job = state.jobs.get(row.id);
        if (job === undefined) return [`job ${row.id} is in the books and was never at GitHub`];
        if (row.state === 'lost') return [`job ${row.id} counts as lost, and GitHub has it ${job.phase}`];
        const ours = row.knowledge.completed?.conclusion;
        if (ours === undefined || ours === job.conclusion) return [];
        const theirs = job.conclusion ?? job.phase;
        return [`job ${row.id} ended ${ours} by the books, and by GitHub it is ${theirs}`];
      });
    },
  };
}

/** The repair loops take at most ten minutes to look everywhere; when the budget was used up, an hour passes before. */
const untilHealed = { fair: minutes(15), afterStorm: minutes(90) };

/** No row is behind GitHub for longer than the repair loops take. */
export function makeFreshRows(): Checker {
  const stale = new Lasting<string>(untilHealed);
  return {
    name: 'I1 no stale rows',
    family: 'liveness',
    look: (look) => stale.late(look, staleRows(look)),
    end: (look) => staleRows(look),
  };
}

const staleRows = ({ world, jobs }: Look): string[] =>
  jobs.flatMap((row) => {
    const job = world.github.world.state.jobs.get(row.id);
    const isBehind = job?.phase === 'completed' && isOpen(row) && row.service.kind === 'ours';
    return isBehind ? [`job ${row.id} is ${row.state} by the books, and over at GitHub`] : [];
  });

const isOpen = ({ state }: Job): boolean => state === 'waiting' || state === 'queued' || state === 'running';

/** Each open job of ours is known, if not by a webhook then by the poll. */
export function makeKnownJobs(): Checker {
  const served = new ServedJobs();
  const unknown = new Lasting<string>(untilHealed);
  return {
    name: 'I1 every open job is known',
    family: 'liveness',
    look: (look) => {
      const { world, jobs } = look;
      const known = new Set(jobs.map(({ id }) => id));
      const open = openJobs(world.github.world).filter(
        (job) => job.phase !== 'waiting' && !known.has(job.id) && served.of(world, job) !== undefined,
      );
      return unknown.late(
        look,
        open.map(
          ({ id, run }) =>
            `job ${id} of ${run.repository.name} is open at GitHub and not in the books as open`,
        ),
      );
    },
  };
}
