// A past for the stage: weeks of jobs, repairs and incidents, written into the store as the product would have written them.

import type { RunningServer } from '../../src/main/start-server.ts';
import { putFailedJob } from './past-failure.ts';
import { playIncidents } from './past-incidents.ts';
import { putPastJobs } from './past-jobs.ts';
import { pastRepairs } from './past-repairs.ts';

export async function furnishPast({ store, clock }: RunningServer): Promise<void> {
  const now = clock.now();
  const { host, jobs } = await store.transaction(async (tx) => {
    const [first] = await tx.hosts.list();
    if (first === undefined) throw new Error('the stage has no host');
    await putFailedJob(tx, now, first.id);
    return { host: first.id, jobs: await putPastJobs(tx, now, first.id) };
  });
  await store.transaction((tx) => tx.repairs.append(pastRepairs(now, jobs, host)));
  await playIncidents({ store, now, jobs: jobs.slice(-80), host });
}
