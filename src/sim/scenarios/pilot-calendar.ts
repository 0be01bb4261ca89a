// What a pilot's days are like: people work in office hours, a little at night and at weekends; some weeks everything holds,
// in others something breaks every day. Each day and each spell of bad weather is chosen as a seed of the swarm is, so what
// can break is what the swarm knows.

import { type DurationMs, hours, type Instant, minutes, seconds } from '../../domain/time.ts';
import { Dice } from '../swarm/dice.ts';
import { type FaultName, faultKinds, faultNames } from '../swarm/fault-kinds.ts';
import type { HostChoice, SwarmOptions } from '../swarm/options.ts';

export interface PilotSize {
  seed: number;
  days: number;
  /** Pushes in a day of office hours; most are of a few jobs. */
  runsPerDay: number;
  /** At most this many in one matrix. */
  width: number;
  /** For measurements: the same so many days over and over, each a working day with one spell of bad weather. */
  sameDays?: number;
}

/** Two months of a company with four servers. */
export const wholePilot: PilotSize = { seed: 1, days: 63, runsPerDay: 106, width: 3 };

export interface Day {
  options: SwarmOptions;
  opensAt: DurationMs;
  closesAt: DurationMs;
  spells: readonly Spell[];
}

/** A time in which things break. */
export interface Spell {
  /** From the beginning of the day. */
  at: DurationMs;
  options: SwarmOptions;
}

const jobMs: SwarmOptions['jobMs'] = [seconds(5), minutes(15)];
const servers = 2;
const organizations = 3;
const repositories = 3;
const office = { opens: hours(8), closes: hours(18) };

const hosts: readonly HostChoice[] = [
  { cpus: 32, memoryMib: 64 * 1024, labels: [] },
  { cpus: 32, memoryMib: 64 * 1024, labels: [] },
  { cpus: 16, memoryMib: 32 * 1024, labels: ['gpu'] },
  { cpus: 16, memoryMib: 32 * 1024, labels: [], onlyFor: 2 },
];

/** What people do on any day, whatever the weather. */
const habits: SwarmOptions['faults'] = {
  'job-cancelled': 0.05,
  'run-rerun': 0.05,
  'max-parallel': 0.1,
  approval: 0.02,
  'foreign-jobs': 0.06,
  'impossible-label': 0.003,
  'excluded-by-group': 0.005,
};

/** The stage, before the first day. */
export const ground = ({ seed, width }: PilotSize): SwarmOptions => ({
  seed,
  servers,
  organizations,
  repositories,
  hosts,
  jobMs,
  width,
  stormMs: 0,
  runs: 0,
  faults: habits,
});

export function dayOf(size: PilotSize, number: number, midnight: Instant): Day {
  const { sameDays } = size;
  const index = sameDays === undefined ? number : number % sameDays;
  const weekday = new Date(midnight).getUTCDay();
  const isWeekend = sameDays === undefined && (weekday === 0 || weekday === 6);
  const dice = new Dice(size.seed, `day ${index}`);
  const share = isWeekend ? 0.05 : 0.8 + 0.4 * (dice.between(0, 100) / 100);
  const seed = size.seed + 1000 * (index + 1);
  // One day in the pilot, eight matrices of 256 at once.
  const isBurst = index === burstDay;
  return {
    opensAt: office.opens,
    closesAt: office.closes,
    options: {
      ...ground(size),
      seed,
      // Users make their pushes in the first nine tenths of it.
      stormMs: (office.closes - office.opens) / 0.9,
      runs: Math.max(1, Math.round(size.runsPerDay * share)),
      faults: { ...habits, ...(isBurst ? { burst: 1 } : {}) },
    },
    spells: isWeekend ? [] : spellsOf(size, dice, seed, index),
  };
}

const burstDay = 32;

/** Every third week is a bad one. */
function spellsOf(size: PilotSize, dice: Dice, seed: number, index: number): readonly Spell[] {
  const isBadWeek = Math.floor(index / 7) % 3 === 1;
  const count = size.sameDays !== undefined ? 1 : isBadWeek ? dice.between(2, 3) : dice.between(0, 1);
  return Array.from({ length: count }, (_, spell) => ({
    // One in each third of the day.
    at: office.opens + hours(3 * spell) + minutes(dice.between(5, 50)),
    options: {
      ...ground(size),
      seed: seed + 1 + spell,
      stormMs: minutes(dice.between(20, 100)),
      faults: { ...habits, ...breaking(dice, isBadWeek ? dice.between(6, 14) : dice.between(1, 5)) },
    },
  }));
}

function breaking(dice: Dice, count: number): Partial<Record<FaultName, number>> {
  const kinds = dice.shuffled(faultNames.filter((name) => !(name in habits) && name !== 'burst'));
  return Object.fromEntries(
    kinds.slice(0, count).map((name) => {
      const { rate, per } = faultKinds[name];
      const [low, high] = rate;
      // Moderate: up to the middle of what a seed of the swarm may choose.
      const middle = Math.sqrt(low * high);
      return [
        name,
        per === 'storm' ? dice.between(low, high) : Number(dice.logBetween(low, middle).toPrecision(3)),
      ];
    }),
  );
}
