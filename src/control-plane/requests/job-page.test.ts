import { describe, expect, test } from 'vitest';
import { acme, at, job, vm } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import { admin } from '../../domain/access/caller.ts';
import { jobId, runnerId } from '../../domain/ids.ts';
import { aFinishedJob } from '../../domain/insights/insights.fixture.ts';
import { scopeKey } from '../../domain/scope.ts';
import { getJob } from './job-detail.ts';

const theVm = vm(1);
const failed = job(1, {
  state: 'done',
  knowledge: {
    ...job(1).knowledge,
    started: { at: at(1) },
    runner: { id: runnerId(1), name: theVm.runnerName },
    completed: { conclusion: 'failure', at: at(60) },
  },
});
const clock = { now: () => at(100), sleep: () => Promise.resolve() };

async function told(reason: string | undefined, over: Partial<typeof failed> = {}) {
  const store = openMemoryStore();
  await store.transaction(async (tx) => {
    await tx.jobs.insert({ ...failed, ...over });
    await tx.vms.insert({ ...theVm, cause: failed.id, job: failed.id });
    const subject = { kind: 'vm', id: theVm.id } as const;
    if (reason !== undefined)
      await tx.history.append([{ at: at(59), subject, event: 'guest-says', data: { reason } }]);
  });
  return {
    store,
    ask: () =>
      getJob({ store, clock }, { params: { job: failed.id }, query: undefined, body: undefined }, admin),
  };
}

describe('a job that failed', () => {
  test('is told why, whose that is and what to do, by what ended its VM', async () => {
    const answer = await (await told('Out of memory: Killed process 42 (java)')).ask();
    expect(answer).toMatchObject({
      value: {
        failure: {
          class: 'out-of-memory',
          line: expect.stringContaining('(java)'),
          advice: expect.any(String),
        },
      },
    });
  });

  test('is its own where nothing else is known, and one that did not fail has no reason', async () => {
    const own = await (await told(undefined)).ask();
    expect(own).toMatchObject({ value: { failure: { class: 'workflow', owner: 'workflow' } } });
    const completed = { conclusion: 'success' as const, at: at(60) };
    const fine = await (await told(undefined, { knowledge: { ...failed.knowledge, completed } })).ask();
    expect(fine.ok && 'failure' in fine.value).toBe(false);
  });

  test('is told what the image lacks, when its log has said so', async () => {
    const { store, ask } = await told(undefined);
    const subject = { kind: 'job', id: failed.id } as const;
    const data = { class: 'missing-piece', missing: { kind: 'command', name: 'unzip', package: 'unzip' } };
    await store.transaction((tx) => tx.history.append([{ at: at(70), subject, event: 'log-read', data }]));
    expect(await ask()).toMatchObject({
      value: {
        failure: { class: 'missing-piece', advice: expect.stringContaining('Add unzip to the image') },
      },
    });
  });

  test('shows what runs with its labels used, and the label that would do once enough were measured', async () => {
    const { store, ask } = await told(undefined);
    const size = { milliCpus: 8_000, memoryMib: 16_384, diskGib: 30 };
    const labels = failed.labels.join(',');
    const run = async (n: number): Promise<void> =>
      store.transaction(async (tx) => {
        const about = {
          ...{ owner: 'acme', repository: failed.repository.fullName.toLowerCase(), labels, endedAt: at(n) },
          ...{ workflow: failed.workflowName, name: failed.name, scope: scopeKey(acme) },
        };
        const counted = aFinishedJob(100 + n, { ...about, runner: `runner-${n}` as never });
        tx.insights.record(jobId(100 + n), counted);
        await tx.insights.measure(counted.scope, `runner-${n}` as never, {
          had: size,
          peaks: { cpuPercent: 150, memoryMib: 2_000 + n, diskMib: 100 },
          means: { cpuPercent: 40 + n, memoryMib: 1_000 },
          traffic: { receivedBytes: 1_000 * n, sentBytes: 7 },
        });
      });
    expect(await ask()).not.toHaveProperty('value.measured');
    await run(1);
    expect(await ask()).toMatchObject({ value: { measured: { runs: 1, peaks: { memoryMib: 2_001 } } } });
    for (const n of [2, 3, 4, 5]) await run(n);
    expect(await ask()).toMatchObject({
      value: {
        measured: {
          runs: 5,
          means: { cpuPercent: 43, memoryMib: 1_000 },
          traffic: { receivedBytes: 3_000, sentBytes: 7 },
          frees: { milliCpus: 6_000 },
        },
      },
    });
  });
});
