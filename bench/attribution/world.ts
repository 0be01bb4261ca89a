// The invented installation of one seed: its size, hosts, repositories, and how long things usually take there.

import type { Dice } from './dice.ts';

export const phases = [
  'delivery',
  'noticing',
  'placing',
  'starting',
  'registering',
  'booting',
  'connecting',
  'assigning',
  'running',
  'clearing',
] as const;
export type Phase = (typeof phases)[number];

/** A log-normal body with a Pareto tail. */
export interface Shape {
  medianMs: number;
  sigma: number;
  tailShare: number;
  /** The smaller, the heavier. */
  tailExponent: number;
}

export interface JobKind {
  name: string;
  shape: Shape;
}

export interface Repository {
  name: string;
  account: string;
  weight: number;
  labels: string;
  jobs: readonly JobKind[];
  failureShare: number;
}

export interface World {
  jobsPerDay: number;
  hosts: readonly { name: string; slow: number }[];
  repositories: readonly Repository[];
  shapes: Readonly<Record<Exclude<Phase, 'running'>, Shape>>;
  /** The share of jobs that wait for room on an ordinary day, and for how long. */
  queueing: { share: number; medianMs: number };
  /** How much longer GitHub's phases take at the busiest hour. */
  busyHour: number;
}

const accounts = ['acme', 'globex', 'initech', 'umbrella'] as const;

export function worldOf(dice: Dice): World {
  const around = (low: number, high: number, sigma: readonly [number, number]): Shape => ({
    medianMs: Math.exp(dice.between(Math.log(low), Math.log(high))),
    sigma: dice.between(...sigma),
    tailShare: dice.between(0.002, 0.02),
    tailExponent: dice.between(1.1, 2),
  });
  return {
    jobsPerDay: Math.exp(dice.between(Math.log(10_000), Math.log(30_000))),
    hosts: Array.from({ length: dice.whole(2, 6) }, (_, index) => ({
      name: `host-${index + 1}`,
      slow: Math.exp(0.15 * dice.normal()),
    })),
    repositories: Array.from({ length: dice.whole(4, 10) }, (_, index) => repositoryOf(dice, index)),
    shapes: {
      delivery: around(1_000, 4_000, [0.25, 0.5]),
      noticing: around(60, 400, [0.2, 0.5]),
      placing: around(80, 500, [0.2, 0.5]),
      starting: around(200, 900, [0.1, 0.3]),
      registering: around(400, 1_500, [0.2, 0.4]),
      booting: around(800, 6_000, [0.08, 0.25]),
      connecting: around(1_500, 6_000, [0.15, 0.35]),
      assigning: around(800, 4_000, [0.25, 0.5]),
      clearing: around(500, 3_000, [0.15, 0.4]),
    },
    queueing: { share: dice.between(0, 0.15), medianMs: dice.between(5_000, 60_000) },
    busyHour: dice.between(1, 1.2),
  };
}

function repositoryOf(dice: Dice, index: number): Repository {
  const account = dice.pick(accounts);
  return {
    name: `${account}/repository-${index}`,
    account,
    // Few repositories have most of the jobs.
    weight: 1 / (index + 1),
    labels: dice.pick(['bellows-2cpu', 'bellows-2cpu', 'bellows-8cpu']),
    jobs: Array.from({ length: dice.whole(1, 8) }, (_, job) => ({
      name: `CI / job-${job}`,
      shape: {
        medianMs: Math.exp(dice.between(Math.log(20_000), Math.log(900_000))),
        sigma: dice.between(0.08, 0.3),
        tailShare: dice.between(0.005, 0.03),
        tailExponent: dice.between(1.2, 2.5),
      },
    })),
    failureShare: dice.between(0.02, 0.2),
  };
}

export function durationOf(dice: Dice, { medianMs, sigma, tailShare, tailExponent }: Shape): number {
  const body = medianMs * Math.exp(sigma * dice.normal());
  if (dice.unit() >= tailShare) return body;
  // The tail begins at twice the body, and has no end but a day.
  return Math.min(86_400_000, body * 2 * (1 - dice.unit()) ** (-1 / tailExponent));
}
