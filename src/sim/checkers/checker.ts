// A checker stands outside the product and knows only what was promised. It keeps what it has seen in itself, so each run
// makes its own; what it finds is said in words, and one finding is enough for the run to fail.

import type { VmId } from '../../domain/ids.ts';
import type { RollupKind } from '../../domain/insights/rollup.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import type { Instant } from '../../domain/time.ts';
import type { Tallied } from '../../ports/insight-tables.ts';
import type { Task } from '../../ports/store.ts';
import type { World, WorldEvent } from '../world/world.ts';

/** The books of the control plane at one moment, beside the world in which they should be true. */
export interface Look {
  world: World;
  now: Instant;
  /** While faults go on: jobs that are waiting, queued or running. At the end: every job. */
  jobs: readonly Job[];
  /** While faults go on: VMs that are not gone. At the end: every VM. */
  vms: readonly Vm[];
  hosts: readonly Host[];
  /** Effects and deadlines that are not done. */
  tasks: readonly Task[];
  /** Sealed JIT configurations. While faults go on: of VMs that boot. At the end: of every VM. */
  sealed: ReadonlyMap<VmId, string>;
  /** Only at the end. */
  repairs: readonly Repair[];
  /** What the insights count, over all days. Only at the end. */
  tallies: ReadonlyMap<RollupKind, readonly Tallied[]>;
  /** `storm`: faults are on. `calm`: they have ended, and the repair loops have not had their time yet. `end`: they had it. */
  phase: 'storm' | 'calm' | 'end';
  /** Whether there ever was a storm: what it left behind takes its time. */
  wasStormy: boolean;
  /** Since when nothing is broken by anybody any more; undefined in the storm. */
  calmSince: Instant | undefined;
}

export interface Checker {
  /** The rule, such as `I2`, and what it is about. */
  readonly name: string;
  /** Whether a finding means that something wrong was done, or that something was not done in time. */
  readonly family: 'correctness' | 'liveness';
  /** Called for each event as it happens. */
  hear?(event: WorldEvent, world: World): readonly string[];
  /** Called for each line that a process logs, and for all else that is written into the trace. */
  read?(line: string, world: World): readonly string[];
  /** Called every few seconds of virtual time. */
  look?(look: Look): readonly string[];
  /** Called once, when everything should be well. */
  end?(look: Look): readonly string[];
}

export interface Finding {
  checker: string;
  family: Checker['family'];
  at: Instant;
  what: string;
}
