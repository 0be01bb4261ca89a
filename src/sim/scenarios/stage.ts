// What a story is told with: a world on which things happen in words that a reader knows, while the judge looks on. GitHub
// is as good as gold until the story says otherwise.

import type { JobId } from '../../domain/ids.ts';
import type { Job as JobRow } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { RepairKind } from '../../domain/repair/repair.ts';
import { type DurationMs, seconds } from '../../domain/time.ts';
import type { Judge } from '../checkers/judge.ts';
import { type DeliveryFault, noFaults } from '../github/faults.ts';
import type { Job, Run } from '../github/state.ts';
import type { Delivery } from '../github/webhook.ts';
import { type SimpleJob, workflowOf } from '../github/workflow/workflow-of.ts';
import type { HostMachine } from '../world/host-machine.ts';
import type { World } from '../world/world.ts';

/** An expectation of the story that does not hold. */
export class StoryBroken extends Error {}

/** A checker has found something: the story need not go on. */
export class JudgeHasSpoken extends Error {}

export const repository = 'acme/app';
export const size = 'bellows-2cpu-4gb';
const lookEveryMs = seconds(10);
/** In one long wait. */
const mostLooks = 300;

export class Stage {
  readonly world: World;
  readonly #judge: Judge;
  #fate: (delivery: Delivery) => DeliveryFault | undefined = () => undefined;

  constructor(world: World, judge: Judge) {
    this.world = world;
    this.#judge = judge;
    world.github.world.faults.delivery = (delivery) => this.#send(delivery);
  }

  /** A sentence of the story. */
  tell(sentence: string): void {
    this.world.trace.write('story', sentence);
  }

  // What people do.

  /** Pushes a commit whose workflow has so many jobs; `more` says what is particular to them. */
  push(jobs = 1, more: Partial<Pick<SimpleJob, 'labels' | 'maxParallel'>> = {}): Run {
    this.world.trace.write('person', jobs === 1 ? 'pushes a job' : `pushes ${jobs} jobs`);
    const shape = { key: 'build', labels: [size], ...(jobs === 1 ? {} : { width: jobs }), ...more };
    return this.world.github.start({ repository, workflow: workflowOf('ci', [shape]) });
  }

  cancel(run: Run): void {
    this.world.trace.write('person', `cancels ${run.jobs.map(({ id }) => id).join(', ')}`);
    this.world.github.cancel(run);
  }

  rerun(run: Run): void {
    this.world.trace.write('person', `runs ${run.jobs.map(({ id }) => id).join(', ')} again`);
    this.world.github.rerun(run, 'failed');
  }

  // Time.

  async wait(ms: DurationMs): Promise<void> {
    const { clock } = this.world;
    const end = clock.now() + ms;
    const everyMs = Math.max(lookEveryMs, ms / mostLooks);
    while (clock.now() < end) {
      await clock.advance(Math.min(everyMs, end - clock.now()));
      await this.#look();
    }
  }

  /** @param what for the error when it is not so within `limitMs` */
  async until(what: string, isSo: () => boolean, limitMs: DurationMs): Promise<void> {
    const { clock } = this.world;
    const end = clock.now() + limitMs;
    while (clock.now() < end) {
      const nextLook = clock.now() + Math.min(lookEveryMs, end - clock.now());
      if (await clock.runUntil(isSo, nextLook - clock.now())) return;
      await clock.advance(nextLook - clock.now());
      await this.#look();
    }
    this.insist(isSo(), `${what} within ${limitMs / 1000} s`);
  }

  // What breaks.

  /** What becomes of each webhook of an event that happens from now on; undefined: it arrives. */
  webhooks(fate: (delivery: Delivery) => DeliveryFault | undefined): void {
    this.#fate = fate;
  }

  /** GitHub never sends webhooks of this action. */
  neverSend(action: 'queued' | 'in_progress' | 'completed'): void {
    this.webhooks((delivery) => (delivery.action === action ? { kind: 'never-sent' } : undefined));
  }

  killServers(): void {
    for (const server of this.world.servers) server.kill();
  }

  startServers(): void {
    for (const server of this.world.servers) server.start();
  }

  /** Everything that was broken is well again. */
  calm(): void {
    const { world } = this;
    const { delivery, hosted } = world.github.world.faults;
    this.#fate = () => undefined;
    Object.assign(world.github.world.faults, noFaults(), { delivery, hosted });
    world.clearWeather();
    this.startServers();
    for (const machine of world.hosts) {
      machine.host.diskFull = false;
      machine.journalIsFull = false;
      if (machine.isOff) machine.powerOn();
      machine.startAgent();
    }
  }

  // What is so.

  /** GitHub's jobs, oldest first. */
  get jobs(): readonly Job[] {
    return [...this.world.github.world.state.jobs.values()];
  }

  /** From 1 on, as the transcript counts them. */
  job(number: number): Job {
    const found = this.jobs[number - 1];
    if (found === undefined) throw new Error(`there is no job ${number}`);
    return found;
  }

  host(number: number): HostMachine {
    const found = this.world.hosts[number - 1];
    if (found === undefined) throw new Error(`there is no host ${number}`);
    return found;
  }

  /** All rows of VMs, in the order in which they were asked for. */
  async vms(): Promise<readonly Vm[]> {
    const vms = await this.world.store.transaction((tx) => tx.vms.list({}, 100_000));
    return [...vms].sort((a, b) => a.requestedAt - b.requestedAt);
  }

  async row(id: JobId): Promise<JobRow | undefined> {
    return this.world.store.transaction((tx) => tx.jobs.get(id));
  }

  async mended(kind: RepairKind): Promise<number> {
    return (await this.world.store.transaction((tx) => tx.repairs.count({})))[kind];
  }

  // What must be so.

  insist(isSo: boolean, words: string): void {
    if (!isSo) throw new StoryBroken(words);
  }

  /** That every job had this conclusion, or those of these numbers. */
  insistOn(conclusion: Job['conclusion'], numbers?: readonly number[]): void {
    for (const [index, job] of this.jobs.entries()) {
      const number = index + 1;
      if (numbers !== undefined && !numbers.includes(number)) continue;
      this.insist(job.conclusion === conclusion, `job ${number} is ${conclusion}, not ${job.conclusion}`);
    }
  }

  /** That so many VMs were ever asked for. */
  async insistOnVms(count: number): Promise<void> {
    const { length } = await this.vms();
    this.insist(length === count, `${count} VMs were asked for, not ${length}`);
  }

  /** That this was mended so often. */
  async insistOnMended(kind: RepairKind, count: number): Promise<void> {
    const mended = await this.mended(kind);
    this.insist(mended === count, `${kind} was mended ${count} times, not ${mended}`);
  }

  async #look(): Promise<void> {
    await this.#judge.look('storm');
    if (this.#judge.findings.length > 0) throw new JudgeHasSpoken();
  }

  #send(delivery: Delivery): DeliveryFault {
    const { faults, state } = this.world.github.world;
    const fault = this.#fate(delivery) ?? { kind: 'deliver' };
    const job = delivery.jobId === undefined ? undefined : state.jobs.get(delivery.jobId);
    const isHeard = faults.webhooks() === 'up';
    if (job !== undefined) {
      this.world.trace.write('github', 'says', {
        job: job.id,
        status: delivery.action,
        conclusion: job.conclusion,
        runner: job.runner?.name,
        fate: isHeard ? fates[fault.kind] : 'lost',
      });
    }
    return fault;
  }
}

const fates: Partial<Record<DeliveryFault['kind'], string>> = {
  lost: 'lost',
  'lost-unseen': 'lost, though GitHub believes that it arrived',
  'never-sent': 'never sent',
  double: 'sent twice',
  delay: 'late',
  reverse: 'held back',
};
