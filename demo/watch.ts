// Follows jobs and VMs while the demo runs, and tells each step once. It reads what every user can read: the rows and the
// history.

import { setTimeout as delay } from 'node:timers/promises';
import type { HistoryLine } from '../src/domain/lifecycle/effects.ts';
import type { Job } from '../src/domain/lifecycle/job.ts';
import type { Vm } from '../src/domain/lifecycle/vm.ts';
import { type Store, StoreUnavailableError } from '../src/ports/store.ts';

export interface Seen {
  jobs: readonly Job[];
  vms: readonly Vm[];
}

/** More than the demo ever makes. */
const most = 500;

export const look = (store: Store): Promise<Seen> =>
  store.transaction(async (tx) => ({ jobs: await tx.jobs.list({}, most), vms: await tx.vms.list({}, most) }));

export const historyOf = (store: Store, subject: HistoryLine['subject']): Promise<readonly HistoryLine[]> =>
  store.transaction((tx) => tx.history.of(subject, most));

/** The VM that ran the job; undefined when none did. */
export const vmOf = (job: Job, { vms }: Seen): Vm | undefined => vms.find((vm) => vm.job === job.id);

/**
 * The VM with the boot id that its guest told. The row has none when GitHub's word that a job runs there was faster than the
 * agent's that the guest is up; the history has it always.
 */
export async function withBootId(store: Store, vm: Vm | undefined): Promise<Vm | undefined> {
  if (vm === undefined || vm.bootId !== undefined) return vm;
  const lines = await historyOf(store, { kind: 'vm', id: vm.id });
  const told = lines.find(({ event }) => event === 'agent-guest-up')?.data.bootId;
  return typeof told === 'string' ? { ...vm, bootId: told } : vm;
}

/** One line a step: a job or VM that is not what it was at the last look. */
export class Narrator {
  readonly #told = new Map<string, string>();
  readonly #tell: (line: string) => void;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  look(seen: Seen): void {
    for (const job of [...seen.jobs].sort((a, b) => a.id - b.id))
      this.#once(`job ${job.id}`, ofJob(job, seen));
    for (const vm of [...seen.vms].reverse()) {
      if (vm.state === 'gone') this.#once(`vm ${vm.id}`, `${vm.id}  destroyed, nothing is left of it`);
      if (vm.failure !== undefined) {
        this.#once(`failure ${vm.id}`, `${vm.id}  failed: ${vm.failure.reason} (${vm.failure.owner})`);
      }
    }
  }

  #once(about: string, line: string): void {
    if (this.#told.get(about) === line) return;
    this.#told.set(about, line);
    this.#tell(line);
  }
}

function ofJob(job: Job, seen: Seen): string {
  const name = job.name.padEnd(18);
  switch (job.state) {
    case 'waiting':
      return `${name} waiting`;
    case 'queued':
      return `${name} queued${whereIs(job, seen)}`;
    case 'running':
      return `${name} running in ${vmOf(job, seen)?.id ?? job.knowledge.runner?.name ?? 'a runner of somebody else'}`;
    case 'done':
      return `${name} ${job.knowledge.completed?.conclusion ?? 'done'}`;
    case 'foreign':
    case 'lost':
      return `${name} ${job.state}: ${job.waitingFor}`;
  }
}

function whereIs(job: Job, { vms }: Seen): string {
  if (job.waitingFor !== '') return `, waits: ${job.waitingFor}`;
  const vm = vms.find(({ cause, state }) => cause === job.id && state !== 'gone');
  return vm === undefined ? '' : `, ${vm.id} is ${vm.state}`;
}

/**
 * Looks until `done`, a few times a second. @throws the signal's reason, or when `limitMs` has passed.
 * @param store asked at each look, since a control plane that restarts has another one
 */
export async function watch(
  store: () => Store,
  options: { narrator: Narrator; done: (seen: Seen) => boolean; limitMs: number; signal: AbortSignal },
): Promise<Seen> {
  const end = Date.now() + options.limitMs;
  let seen: Seen = { jobs: [], vms: [] };
  for (;;) {
    options.signal.throwIfAborted();
    seen = await look(store()).catch((error: unknown) => {
      // It restarts, or was stopped by somebody, which the time limit finds out.
      if (error instanceof StoreUnavailableError) return seen;
      throw error;
    });
    options.narrator.look(seen);
    if (options.done(seen)) return seen;
    if (Date.now() > end) {
      throw new Error(`not done after ${Math.round(options.limitMs / 1000)} s: ${unfinished(seen)}`);
    }
    await delay(250, undefined, { signal: options.signal });
  }
}

const unfinished = ({ jobs, vms }: Seen): string =>
  [
    ...jobs.filter(({ state }) => state !== 'done').map(({ name, state }) => `job ${name} is ${state}`),
    ...vms.filter(({ state }) => state !== 'gone').map(({ id, state }) => `${id} is ${state}`),
  ].join(', ');
