// Many seeds in one look: how they ended, what was injected, what was mended.

import { repairKinds } from '../../domain/repair/repair.ts';
import { countedNames } from './fault-kinds.ts';
import type { SeedResult } from './run-seed.ts';

export interface Summary {
  seeds: number;
  ok: number;
  crash: number[];
  liveness: number[];
  correctness: number[];
  jobs: number;
  vms: number;
  webhooks: number;
  injected: Record<string, number>;
  repairs: Record<string, number>;
  /** Kinds of faults and of repairs that never happened: what they should try is not tried. */
  never: string[];
}

/** Exit codes of `npm run sim`. */
export const exitCodes = { ok: 0, crash: 10, liveness: 11, correctness: 12 } as const;

export class Tally {
  readonly summary: Summary = {
    seeds: 0,
    ok: 0,
    crash: [],
    liveness: [],
    correctness: [],
    jobs: 0,
    vms: 0,
    webhooks: 0,
    injected: Object.fromEntries(countedNames.map((name) => [name, 0])),
    repairs: Object.fromEntries(repairKinds.map((kind) => [kind, 0])),
    never: [],
  };

  add(result: SeedResult): void {
    const { summary } = this;
    summary.seeds += 1;
    if (result.outcome === 'ok') summary.ok += 1;
    else summary[result.outcome].push(result.seed);
    summary.jobs += result.jobs;
    summary.vms += result.vms;
    summary.webhooks += result.webhooks;
    addUp(summary.injected, result.injected);
    addUp(summary.repairs, result.repairs);
  }

  done(): Summary {
    const counts = { ...this.summary.injected, ...this.summary.repairs };
    return { ...this.summary, never: Object.keys(counts).filter((name) => counts[name] === 0) };
  }
}

/** The gravest of what happened. */
export const outcomeOf = (summary: Summary): keyof typeof exitCodes =>
  summary.crash.length > 0
    ? 'crash'
    : summary.correctness.length > 0
      ? 'correctness'
      : summary.liveness.length > 0
        ? 'liveness'
        : 'ok';

function addUp(into: Record<string, number>, counts: Readonly<Record<string, number | undefined>>): void {
  for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + (count ?? 0);
}
