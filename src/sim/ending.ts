// How a run of the simulated product ended, whoever played it: a seed of the swarm, a story, the pilot.

import type { RepairKind } from '../domain/repair/repair.ts';
import type { Finding } from './checkers/checker.ts';

export interface Ending {
  /** `crash`: an error that nobody caught, in the product or the simulation. */
  outcome: 'ok' | 'crash' | 'liveness' | 'correctness';
  findings: readonly Finding[];
  /** Of a crash: the error with its stack. */
  error?: string;
  jobs: number;
  vms: number;
  webhooks: number;
  repairs: Partial<Record<RepairKind, number>>;
}

/** The gravest of what was found. */
export const outcomeOf = (findings: readonly Finding[]): Ending['outcome'] =>
  findings.some(({ family }) => family === 'correctness')
    ? 'correctness'
    : findings.length > 0
      ? 'liveness'
      : 'ok';

/** An end in which an error escaped. */
export const crashed = (error: unknown): Ending => ({
  outcome: 'crash',
  findings: [],
  error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  jobs: 0,
  vms: 0,
  webhooks: 0,
  repairs: {},
});
