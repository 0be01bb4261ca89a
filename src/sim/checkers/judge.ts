// Runs all checkers over one world and keeps what they find.

import type { JobState } from '../../domain/lifecycle/job.ts';
import type { VmState } from '../../domain/lifecycle/vm.ts';
import { vmStates } from '../../domain/lifecycle/vm.ts';
import type { World } from '../world/world.ts';
import type { Checker, Finding, Look } from './checker.ts';

const openJobs: readonly JobState[] = ['waiting', 'queued', 'running'];
const liveVms: readonly VmState[] = vmStates.filter((state) => state !== 'gone');
const everything = 10_000_000;

/** A checker that finds the same over and over says it so often. */
const mostFindings = 20;

export class Judge {
  readonly findings: Finding[] = [];
  readonly #world: World;
  readonly #checkers: readonly Checker[];

  constructor(world: World, checkers: readonly Checker[]) {
    this.#world = world;
    this.#checkers = checkers;
    world.on((event) => {
      for (const checker of checkers) this.#keep(checker, checker.hear?.(event, world) ?? []);
    });
  }

  async look(phase: Look['phase']): Promise<void> {
    const world = this.#world;
    const isEnd = phase === 'end';
    const books = await world.store.transaction(async (tx) => ({
      jobs: await tx.jobs.list(isEnd ? {} : { states: openJobs }, everything),
      vms: await tx.vms.list(isEnd ? {} : { states: liveVms }, everything),
      hosts: await tx.hosts.list(),
    }));
    const look: Look = { world, now: world.clock.now(), phase, ...books };
    for (const checker of this.#checkers) {
      this.#keep(checker, checker.look?.(look) ?? []);
      if (isEnd) this.#keep(checker, checker.end?.(look) ?? []);
    }
  }

  #keep(checker: Checker, found: readonly string[]): void {
    for (const what of found) {
      if (this.findings.length >= mostFindings) return;
      const { name, family } = checker;
      this.findings.push({ checker: name, family, at: this.#world.clock.now(), what });
      this.#world.trace.write('judge', name, { what });
    }
  }
}
