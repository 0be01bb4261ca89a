// Mutants that do not do something: what is asked for is dropped on its way into the database or out of it.

import type { Transaction } from '../../ports/store.ts';
import { alter, alterStore } from './alter.ts';
import type { Mutant } from './mutant.ts';

const drop = async (): Promise<void> => {};

/** Tasks of which this is true are never asked for. */
const withoutTasks = (isDropped: (what: Parameters<Transaction['tasks']['enqueue']>[0]) => boolean) => ({
  deps: alterStore((tx) => ({
    tasks: alter(tx.tasks, {
      enqueue: async (what, dueAt) => {
        if (!isDropped(what)) await tx.tasks.enqueue(what, dueAt);
      },
    }),
  })),
});

export const forgetful: readonly Mutant[] = [
  {
    name: 'never writes that a job is over',
    caughtBy: 'I1 no stale rows',
    alsoSeenBy: [
      'surplus VMs are released',
      'the insights count what the rows say',
      'what was told to be wrong is told to be over',
    ],
    make: () => ({
      deps: alterStore((tx) => ({
        jobs: alter(tx.jobs, {
          update: async (job) => {
            if (job.state !== 'done') await tx.jobs.update(job);
          },
        }),
      })),
    }),
  },
  {
    name: 'loses every third webhook that it has stored, and never polls',
    caughtBy: 'I1 every open job is known',
    alsoSeenBy: ['I4 no job waits beside a host with room'],
    make: () => {
      let count = 0;
      const noPoll = withoutTasks((what) => what.kind === 'repair' && what.loop === 'poll');
      const deaf = alterStore((tx) => ({
        deliveries: alter(tx.deliveries, {
          claim: async (limit) => {
            const claimed = await tx.deliveries.claim(limit);
            const kept = claimed.filter(() => {
              count += 1;
              return count % 3 !== 0;
            });
            for (const { guid } of claimed.filter((it) => !kept.includes(it)))
              await tx.deliveries.mark(guid, 'done', '');
            return kept;
          },
        }),
      }));
      return { deps: (deps) => noPoll.deps(deaf(deps)) };
    },
  },
  {
    name: 'never looks for a host',
    caughtBy: 'I4 no job waits beside a host with room',
    alsoSeenBy: ['what was told to be wrong is told to be over'],
    make: () => withoutTasks(({ kind }) => kind === 'place'),
  },
  {
    name: 'never asks GitHub whether a VM may be given back',
    caughtBy: 'surplus VMs are released',
    make: () => withoutTasks(({ kind }) => kind === 'delete-runner'),
  },
  {
    name: 'takes deadlines and does not look at them',
    caughtBy: 'I7 nothing is overdue',
    make: () => ({
      deps: alterStore((tx) => ({
        tasks: alter(tx.tasks, {
          claim: async (wanted) => {
            const tasks = await tx.tasks.claim(wanted);
            return tasks.filter(({ what }) => what.kind !== 'vm-deadline' && what.kind !== 'job-deadline');
          },
        }),
      })),
    }),
  },
  {
    name: 'gives busy VMs no deadline',
    caughtBy: 'rows are sound',
    make: () => ({
      deps: alterStore((tx) => ({
        vms: alter(tx.vms, {
          update: ({ deadline, ...vm }) =>
            tx.vms.update(vm.state === 'busy' || deadline === undefined ? vm : { ...vm, deadline }),
        }),
      })),
    }),
  },
  {
    name: 'never erases what it sealed',
    caughtBy: 'I8 sealed secrets are erased after use',
    make: () => ({ deps: alterStore((tx) => ({ sealed: alter(tx.sealed, { erase: drop }) })) }),
  },
  {
    name: 'heals in silence',
    caughtBy: 'what came to nothing is counted',
    alsoSeenBy: ['VMs ≤ jobs + counted repairs'],
    make: () => ({ deps: alterStore((tx) => ({ repairs: alter(tx.repairs, { append: drop }) })) }),
  },
  {
    name: 'says that it deleted a registration, and does not',
    caughtBy: 'I5 no registration outlives its VM',
    make: () => ({
      deps: (deps) => ({ ...deps, github: alter(deps.github, { deleteRunner: async () => 'deleted' }) }),
    }),
  },
];
