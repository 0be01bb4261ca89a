// Planning is counted and not timed: a plan that looks at every host for each VM that waits reads the rows of hosts so much
// more often for each VM of a large burst than for each of a small one.

import type { Deps } from '../../control-plane/deps.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import { minutes } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';
import { story } from './story.ts';

const small = 25;
const large = 8 * small;

/** How often a field of a host's row was read since it was last asked. */
class Reads {
  #count = 0;

  take(): number {
    const count = this.#count;
    this.#count = 0;
    return count;
  }

  readonly counted = (deps: Deps): Deps => ({
    ...deps,
    store: { ...deps.store, transaction: (work) => deps.store.transaction((tx) => work(this.#watch(tx))) },
  });

  #watch(tx: Transaction): Transaction {
    const list = async (): Promise<readonly Host[]> =>
      (await tx.hosts.list()).map((host) => new Proxy(host, this.#noting));
    return { ...tx, hosts: { ...tx.hosts, list } };
  }

  readonly #noting: ProxyHandler<Host> = {
    get: (host, field): unknown => {
      this.#count += 1;
      return Reflect.get(host, field);
    },
  };
}

async function burst(stage: Stage, reads: Reads, jobs: number): Promise<number> {
  reads.take();
  stage.push(jobs);
  const areDone = () => stage.jobs.every(({ phase }) => phase === 'completed');
  await stage.until(`${jobs} jobs are done`, areDone, minutes(60));
  return reads.take() / jobs;
}

const counted = (reads: Reads): Scenario =>
  story({
    name: 'two-bursts',
    about: 'A burst that is eight times as large costs eight times the planning: for each VM it is the same.',
    view: 'wide',
    setting: { hosts: [16, 16], tamper: { deps: reads.counted } },
    async play(stage) {
      const few = await burst(stage, reads, small);
      const many = await burst(stage, reads, large);
      stage.insist(many < 2 * few, `a plan reads ${many} fields of hosts for each VM, where it read ${few}`);
    },
    async end(stage) {
      stage.insistOn('success');
      await stage.insistOnVms(small + large);
    },
  });

/** Each play counts by itself. */
export const twoBursts: Scenario = { ...counted(new Reads()), play: (to) => counted(new Reads()).play(to) };
