// Weeks have nothing to do with one another, so each processor judges its own.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Rules } from '../../src/domain/attribution/rules.ts';
import type { Verdict } from './judge-week.ts';

/** Calls `told` for each week as it is judged; gives the verdicts in the order of the seeds. */
export async function judgeWeeks(
  seeds: readonly number[],
  rules: Rules,
  told: (verdict: Verdict, done: number) => void,
): Promise<readonly Verdict[]> {
  const left = [...seeds];
  const verdicts: Verdict[] = [];
  const threads = Math.min(availableParallelism(), seeds.length);
  const judge = async (): Promise<void> => {
    const worker = new Worker(new URL('./judge-worker.ts', import.meta.url), { workerData: rules });
    try {
      for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
        const verdict = await answerOf(worker, seed);
        verdicts.push(verdict);
        told(verdict, verdicts.length);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, judge));
  return verdicts.sort((a, b) => a.seed - b.seed);
}

const answerOf = (worker: Worker, seed: number): Promise<Verdict> =>
  new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (verdict: Verdict) => {
      worker.off('error', reject);
      resolve(verdict);
    });
    worker.postMessage(seed);
  });
