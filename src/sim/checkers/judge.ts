// Runs all checkers over one world and keeps what they find.

import type { VmId } from '../../domain/ids.ts';
import { type RollupKind, rollupKinds } from '../../domain/insights/rollup.ts';
import type { JobState } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { Instant } from '../../domain/time.ts';
import type { Tallied } from '../../ports/insight-tables.ts';
import type { Transaction } from '../../ports/store.ts';
import type { World } from '../world/world.ts';
import type { Checker, Finding, Look } from './checker.ts';

const openJobs: readonly JobState[] = ['waiting', 'queued', 'running'];
const everything = 10_000_000;

/** A checker that finds the same over and over says it so often. */
const mostFindings = 20;

export class Judge {
  readonly findings: Finding[] = [];
  readonly #world: World;
  readonly #checkers: readonly Checker[];
  readonly #said = new Map<string, number>();
  #wasStormy = false;
  #calmSince: Instant | undefined;

  constructor(world: World, checkers: readonly Checker[]) {
    this.#world = world;
    this.#checkers = checkers;
    world.on((event) => {
      for (const checker of checkers) this.#keep(checker, checker.hear?.(event, world) ?? []);
    });
    for (const checker of checkers) {
      if (checker.read === undefined) continue;
      world.trace.onLine((line) => this.#keep(checker, checker.read?.(line, world) ?? []));
    }
  }

  async look(phase: Look['phase']): Promise<void> {
    const world = this.#world;
    const now = world.clock.now();
    const isEnd = phase === 'end';
    if (phase === 'storm') this.#wasStormy = true;
    this.#calmSince = phase === 'storm' ? undefined : (this.#calmSince ?? now);
    const books = await world.store.transaction((tx) => booksOf(tx, isEnd));
    const look: Look = {
      world,
      now,
      phase,
      wasStormy: this.#wasStormy,
      calmSince: this.#calmSince,
      ...books,
    };
    for (const checker of this.#checkers) {
      this.#keep(checker, checker.look?.(look) ?? []);
      if (isEnd) this.#keep(checker, checker.end?.(look) ?? []);
    }
  }

  #keep(checker: Checker, found: readonly string[]): void {
    for (const what of found) {
      const { name, family } = checker;
      const said = this.#said.get(name) ?? 0;
      if (said >= mostFindings) return;
      this.#said.set(name, said + 1);
      this.findings.push({ checker: name, family, at: this.#world.clock.now(), what });
      this.#world.trace.write('judge', name, { what });
    }
  }
}

async function booksOf(
  tx: Transaction,
  isEnd: boolean,
): Promise<Pick<Look, 'jobs' | 'vms' | 'hosts' | 'tasks' | 'sealed' | 'repairs' | 'tallies'>> {
  const vms = isEnd ? await tx.vms.list({}, everything) : await tx.vms.allLive();
  return {
    vms,
    jobs: await tx.jobs.list(isEnd ? {} : { states: openJobs }, everything),
    hosts: await tx.hosts.list(),
    tasks: await tx.tasks.list(everything),
    sealed: await sealedOf(tx, isEnd ? vms : vms.filter(({ state }) => bootingStates.has(state))),
    repairs: isEnd ? await tx.repairs.list({}, { limit: everything }) : [],
    tallies: isEnd ? await talliesOf(tx) : new Map(),
  };
}

async function talliesOf(tx: Transaction): Promise<ReadonlyMap<RollupKind, readonly Tallied[]>> {
  const tallies = new Map<RollupKind, readonly Tallied[]>();
  for (const kind of rollupKinds) {
    tallies.set(kind, await tx.insights.tallies(kind, { from: 0, to: 1_000_000 }, {}));
  }
  return tallies;
}

const bootingStates: ReadonlySet<Vm['state']> = new Set(['starting', 'booted']);

async function sealedOf(tx: Transaction, vms: readonly Vm[]): Promise<ReadonlyMap<VmId, string>> {
  const sealed = new Map<VmId, string>();
  for (const { id } of vms) {
    const jwe = await tx.sealed.get(id);
    if (jwe !== undefined) sealed.set(id, jwe);
  }
  return sealed;
}
