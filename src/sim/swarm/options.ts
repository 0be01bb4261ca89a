// What a seed chooses: plain data, so that it can be printed, taken apart and run again with one thing less.

import { type DurationMs, minutes, seconds } from '../../domain/time.ts';
import { Dice } from './dice.ts';
import { type FaultName, faultKinds, faultNames } from './fault-kinds.ts';

export interface SwarmOptions {
  seed: number;
  stormMs: DurationMs;
  servers: number;
  organizations: number;
  /** In each organisation. */
  repositories: number;
  hosts: readonly HostChoice[];
  /** Pushes over the storm. */
  runs: number;
  /** The widest matrix. */
  width: number;
  jobMs: readonly [DurationMs, DurationMs];
  /** The kinds that are on, each with its rate. */
  faults: Readonly<Partial<Record<FaultName, number>>>;
  /** Off: authors are not told of impossible waits, and no log is read. On when left out. */
  words?: 'on' | 'off';
  /** Somebody is told what is wrong. */
  alerts?: true;
}

export interface HostChoice {
  cpus: number;
  memoryMib: number;
  labels: readonly string[];
  /** The number of the organisation to which it is dedicated. */
  onlyFor?: number;
  /** A machine enrolled it: when it stays away it is removed, and enrols again when it comes back. */
  auto?: true;
}

const mostFaults = 14;
/** Telling somebody costs a look at everything each quarter of a minute, so not every seed does. */
const alertShare = 0.2;

export function chooseOptions(seed: number): SwarmOptions {
  const dice = new Dice(seed, 'options');
  const organizations = dice.between(1, 3);
  const isBurst = dice.chance(faultKinds.burst.share / 100);
  const longest = dice.pick([seconds(20), minutes(2), minutes(10), minutes(25)]);
  return {
    seed,
    stormMs: minutes(dice.between(10, 75)),
    servers: dice.pick([1, 1, 2, 2, 3, 4]),
    organizations,
    repositories: dice.between(1, 3),
    hosts: Array.from({ length: dice.between(1, 4) }, (_, index) => ({
      cpus: dice.pick([4, 8, 16, 32]) * (isBurst ? 8 : 1),
      memoryMib: 1024 * dice.pick([8, 16, 32, 64]) * (isBurst ? 8 : 1),
      labels: dice.chance(0.3) ? ['gpu'] : [],
      ...(dice.chance(0.3) ? { auto: true as const } : {}),
      ...(index > 0 && organizations > 1 && dice.chance(0.2)
        ? { onlyFor: dice.between(1, organizations) }
        : {}),
    })),
    runs: dice.between(1, 16),
    width: dice.pick([1, 2, 4, 8, 16]),
    jobMs: isBurst ? [seconds(5), seconds(60)] : [seconds(2), longest],
    faults: { ...chooseFaults(dice), ...(isBurst ? { burst: 1 } : {}), ...chooseAlone(seed) },
    // By dice of its own, so that all else is as it was.
    ...(new Dice(seed, 'alerts').chance(alertShare) ? { alerts: true as const } : {}),
  };
}

function chooseFaults(dice: Dice): Partial<Record<FaultName, number>> {
  const on = faultNames.filter(
    (name) => name !== 'burst' && !isDrawnAlone(name) && dice.chance(faultKinds[name].share / 100),
  );
  const some = dice.shuffled(on).slice(0, dice.between(0, mostFaults));
  return Object.fromEntries(some.sort().map((name) => [name, chooseRate(name, dice)]));
}

function chooseAlone(seed: number): Partial<Record<FaultName, number>> {
  const some = faultNames.filter(isDrawnAlone).flatMap((name) => {
    const dice = new Dice(seed, name);
    const isOn = dice.chance(faultKinds[name].share / 100);
    return isOn ? [[name, chooseRate(name, dice)] as const, ...needed(name)] : [];
  });
  return Object.fromEntries(some);
}

/** Only the order of what waits for an approval can be undecided. */
const needed = (name: FaultName): readonly (readonly [FaultName, number])[] =>
  name === 'undecided-order' ? [['approval', 0.6]] : [];

const isDrawnAlone = (name: FaultName): boolean => 'drawnAlone' in faultKinds[name];

function chooseRate(name: FaultName, dice: Dice): number {
  const { rate, per } = faultKinds[name];
  const [low, high] = rate;
  return per === 'storm' ? dice.between(low, high) : round(dice.logBetween(low, high));
}

const round = (rate: number): number => Number(rate.toPrecision(3));
