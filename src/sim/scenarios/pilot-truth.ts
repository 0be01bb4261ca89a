// What a pilot is judged by, counted from what is so: at GitHub, on the hosts, and in the rows.

import type { VmId } from '../../domain/ids.ts';
import type { Job as JobRow } from '../../domain/lifecycle/job.ts';
import { makeBusyVmsSpared } from '../checkers/busy-vms.ts';
import { ServedJobs } from '../checkers/served.ts';
import { doubles, jobs, runners } from '../github/inspect.ts';
import type { Job } from '../github/state.ts';
import type { World } from '../world/world.ts';

export interface PilotCounts {
  /** VMs that hosts started. */
  vms: number;
  /** Jobs for us that are not over, that ended without having run though nobody took them back, or that our books gave up. */
  lostJobs: number;
  /** Jobs that began twice, and runners that began two. */
  doubleRuns: number;
  /** VMs, and parts of VMs, that are on hosts or registered at GitHub when everything is done. */
  leakedVms: number;
  /** Rows that say something else of a job than GitHub, or of a VM that it is there. */
  staleRows: number;
  /** VMs that we ended while their guest worked on a job, without one of the reasons that allow it. */
  busyKilled: number;
}

export class PilotTruth {
  readonly #world: World;
  readonly #started = new Set<VmId>();
  readonly #served = new ServedJobs();
  #busyKilled = 0;

  constructor(world: World) {
    this.#world = world;
    const spared = makeBusyVmsSpared();
    world.on((event) => {
      if (event.kind === 'host' && event.event.kind === 'vm-started') this.#started.add(event.event.vm);
      this.#busyKilled += spared.hear?.(event, world).length ?? 0;
    });
  }

  async count(): Promise<PilotCounts> {
    const github = this.#world.github.world;
    const { rows, vms } = await this.#world.store.transaction(async (tx) => ({
      rows: await tx.jobs.list({}, everything),
      vms: await tx.vms.allLive(),
    }));
    const twice = doubles(github);
    return {
      vms: this.#started.size,
      lostJobs: this.#lost(rows),
      doubleRuns: twice.jobs.length + twice.runners.length,
      leakedVms: this.#leaked(),
      staleRows: rows.filter((row) => isStale(row, github.state.jobs.get(row.id))).length + vms.length,
      busyKilled: this.#busyKilled,
    };
  }

  #lost(rows: readonly JobRow[]): number {
    let lost = rows.filter(({ state }) => state === 'lost').length;
    for (const job of jobs(this.#world.github.world)) {
      if (this.#served.of(this.#world, job) !== undefined && isLost(job)) lost += 1;
    }
    return lost;
  }

  #leaked(): number {
    const { hosts, github } = this.#world;
    const onHosts = hosts.flatMap(({ host }) => [...host.running, ...host.leftovers()]);
    const registered = runners(github.world).filter((runner) => runner.registered);
    return onHosts.length + registered.length;
  }
}

const everything = 10_000_000;

function isLost({ phase, conclusion, starts, cancelRequested }: Job): boolean {
  if (phase !== 'completed') return true;
  return starts.length === 0 && conclusion !== 'skipped' && !cancelRequested;
}

function isStale(row: JobRow, job: Job | undefined): boolean {
  if (job === undefined) return true;
  if (row.service.kind !== 'ours') return false;
  const isOver = row.state === 'done';
  if (isOver !== (job.phase === 'completed')) return true;
  return row.knowledge.completed !== undefined && row.knowledge.completed.conclusion !== job.conclusion;
}
