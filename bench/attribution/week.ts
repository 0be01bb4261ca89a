// One simulated week: pushes come by the hour of the day, each a run of some jobs; each job's phases are drawn one after the
// other; faults lie over that. What is told of a job is told when the phase is over, in whole seconds where GitHub counts so.

import { type Dice, diceOf } from './dice.ts';
import { type Cause, type Fault, faultOf } from './faults.ts';
import { durationOf, type JobKind, type Phase, type Repository, type World, worldOf } from './world.ts';

/** A Monday, 00:00 UTC. */
export const weekStart = Date.UTC(2026, 2, 2);
const minute = 60_000;
const day = 1_440 * minute;
/** Nothing goes wrong before: the rules learn. */
export const faultsFrom = weekStart + 1.5 * day;
export const weekEnd = weekStart + 7 * day;

export interface Told {
  at: number;
  job: number;
  run: number;
  repository: Repository;
  kind: JobKind;
  host: string;
  phase?: Phase;
  ms?: number;
  /** The end of a job: whose doing it was that it failed, if it did. */
  outcome?: { failedBy: Cause | undefined };
}

export interface Week {
  seed: number;
  world: World;
  faults: readonly (Fault & { firstTouchedAt?: number })[];
  /** By the time at which it is told. */
  told: readonly Told[];
}

/** Every fourth week is healthy. */
export const isHealthy = (seed: number): boolean => Math.floor(seed / 2) % 4 === 0;

export function weekOf(seed: number): Week {
  const dice = diceOf(seed);
  const world = worldOf(dice);
  const pushes = pushesOf(dice, world);
  const faults = isHealthy(seed) ? [] : faultsOf(dice, world, pushes);
  const touched = new Map<Fault, number>();
  const told: Told[] = [];
  let job = 1;
  for (const [index, at] of pushes.entries()) {
    const repository = repositoryFor(dice, world);
    // A commit that is slower or broken is so for all jobs of its run.
    const ofRun = {
      run: index + 1,
      luck: Math.exp(0.08 * dice.normal()),
      broken: dice.unit() < repository.failureShare,
    };
    for (const kind of repository.jobs) {
      const lines = new JobStory(dice, world, faults, { at, job, repository, kind, ...ofRun }).tell();
      for (const { line, by } of lines) {
        told.push(line);
        for (const fault of by)
          touched.set(fault, Math.min(touched.get(fault) ?? Number.POSITIVE_INFINITY, line.at));
      }
      job += 1;
    }
  }
  const ended = told.filter(({ at }) => at < weekEnd).sort((a, b) => a.at - b.at || a.job - b.job);
  return { seed, world, faults: faults.map((fault) => withTouch(fault, touched.get(fault))), told: ended };
}

const withTouch = (fault: Fault, at: number | undefined) =>
  at === undefined ? fault : { ...fault, firstTouchedAt: at };

/** How busy an hour is: a working day in one or two time zones, scheduled jobs at night, half of it on Saturday and Sunday. */
function busyness(at: number): number {
  const hour = (at / 3_600_000) % 24;
  const weekday = Math.floor((at - weekStart) / day);
  const working = Math.exp(-(((hour - 10) / 3) ** 2)) + 0.8 * Math.exp(-(((hour - 15.5) / 3.5) ** 2));
  return (0.3 + working) * (weekday >= 5 ? 0.5 : 1);
}

const meanBusyness = 0.72;

function pushesOf(dice: Dice, world: World): readonly number[] {
  const jobsOfRun = world.repositories.reduce((sum, { weight, jobs }) => sum + weight * jobs.length, 0);
  const weights = world.repositories.reduce((sum, { weight }) => sum + weight, 0);
  const perMinute = world.jobsPerDay / (jobsOfRun / weights) / 1_440;
  const pushes: number[] = [];
  for (let at = weekStart; at < weekEnd; ) {
    const rate = (perMinute * busyness(at)) / meanBusyness;
    at += (-Math.log(1 - dice.unit()) / rate) * minute;
    if (at < weekEnd) pushes.push(at);
  }
  return pushes;
}

function repositoryFor(dice: Dice, { repositories }: World): Repository {
  const total = repositories.reduce((sum, { weight }) => sum + weight, 0);
  let left = dice.unit() * total;
  for (const repository of repositories) {
    left -= repository.weight;
    if (left < 0) return repository;
  }
  return dice.pick(repositories);
}

/** Each begins when some push comes, so mostly when people work. Faults overlap, but never two of one cause and subject. */
function faultsOf(dice: Dice, world: World, pushes: readonly number[]): readonly Fault[] {
  const faults: Fault[] = [];
  const starts = pushes.filter((at) => at >= faultsFrom && at < weekEnd - 8 * 3_600_000);
  for (let left = dice.whole(4, 9); left > 0 && starts.length > 0; left -= 1) {
    const fault = faultOf(dice, world, dice.pick(starts));
    const gap = 2 * 3_600_000;
    const meets = faults.some(
      (other) =>
        other.cause === fault.cause &&
        other.subject === fault.subject &&
        fault.from < other.to + gap &&
        other.from < fault.to + gap,
    );
    if (!meets) faults.push(fault);
  }
  return faults;
}

interface Beginning {
  at: number;
  job: number;
  run: number;
  luck: number;
  broken: boolean;
  repository: Repository;
  kind: JobKind;
}

type Line = { line: Told; by: readonly Fault[] };

/** One job from its queueing to the last of its VM. */
class JobStory {
  readonly #dice: Dice;
  readonly #world: World;
  readonly #faults: readonly Fault[];
  readonly #job: Beginning;
  readonly #host: World['hosts'][number];
  #at: number;

  constructor(dice: Dice, world: World, faults: readonly Fault[], job: Beginning) {
    this.#dice = dice;
    this.#world = world;
    this.#faults = faults;
    this.#job = job;
    this.#host = dice.pick(world.hosts);
    // GitHub's own time stamps are whole seconds.
    this.#at = Math.floor(job.at / 1000) * 1000;
  }

  tell(): readonly Line[] {
    const { shapes } = this.#world;
    const before = (
      [
        'delivery',
        'noticing',
        'placing',
        'starting',
        'registering',
        'booting',
        'connecting',
        'assigning',
      ] as const
    ).map((phase) => this.#phase(phase, shapes[phase], phase === 'delivery' ? this.#job.at - this.#at : 0));
    const lost = this.#lossByOther();
    if (lost !== undefined) return [...before, this.#outcome(lost.cause, [lost])];
    const running = this.#phase('running', this.#job.kind.shape);
    const breaking = this.#acting().find(
      ({ cause, failing }) => cause === 'workflow' && this.#dice.unit() < failing,
    );
    const own = this.#job.broken && this.#dice.unit() < 0.7;
    const outcome = this.#outcome(breaking || own ? 'workflow' : undefined, breaking ? [breaking] : []);
    return [...before, running, outcome, this.#phase('clearing', shapes.clearing)];
  }

  /** The faults that this job meets now. */
  #acting(): readonly Fault[] {
    const { repository } = this.#job;
    return this.#faults.filter(
      ({ from, to, subject }) =>
        this.#at >= from &&
        this.#at < to &&
        (subject === 'all' || subject === this.#host.name || subject === repository.name),
    );
  }

  #phase(phase: Phase, shape: Parameters<typeof durationOf>[1], moreMs = 0): Line {
    const by = this.#acting().filter(
      ({ slower, waiting }) => slower[phase] !== undefined || (phase === 'placing' && waiting),
    );
    let ms = durationOf(this.#dice, shape) * this.#usualFactor(phase) + moreMs;
    for (const { slower } of by) ms *= slower[phase] ?? 1;
    if (phase === 'placing') ms += this.#waitForRoom(by);
    this.#at += ms;
    const main = by.filter(
      ({ cause, slower }) => cause === ownCause[phase] && (slower[phase] !== undefined || cause === 'fleet'),
    );
    return { line: { ...this.#about(), phase, ms: Math.round(ms) }, by: main };
  }

  #usualFactor(phase: Phase): number {
    switch (phase) {
      case 'delivery':
      case 'registering':
      case 'assigning':
        return 1 + (this.#world.busyHour - 1) * Math.min(1, busyness(this.#at));
      case 'starting':
      case 'booting':
      case 'clearing':
        return this.#host.slow;
      case 'running':
        return this.#host.slow ** 0.3 * this.#job.luck;
      case 'noticing':
      case 'placing':
      case 'connecting':
        return 1;
    }
  }

  #waitForRoom(by: readonly Fault[]): number {
    const { share, medianMs } = by.find(({ waiting }) => waiting)?.waiting ?? this.#world.queueing;
    return this.#dice.unit() < share ? medianMs * Math.exp(0.7 * this.#dice.normal()) : 0;
  }

  /** Somebody else than the workflow fails it: now and then anyway, or by a fault. */
  #lossByOther(): ({ cause: Cause } & Fault) | undefined {
    const fault = this.#acting().find(
      ({ cause, failing }) => cause !== 'workflow' && this.#dice.unit() < failing,
    );
    if (fault !== undefined) return fault;
    if (this.#dice.unit() >= 0.004) return undefined;
    const cause = this.#dice.pick(['host', 'network', 'github-api', 'bellows'] as const);
    return { cause, subject: 'none', from: 0, to: 0, slower: {}, failing: 0 };
  }

  #outcome(failedBy: Cause | undefined, by: readonly Fault[]): Line {
    return { line: { ...this.#about(), outcome: { failedBy } }, by };
  }

  #about(): Omit<Told, 'phase' | 'ms' | 'outcome'> {
    const { job, run, repository, kind } = this.#job;
    return { at: this.#at, job, run, repository, kind, host: this.#host.name };
  }
}

/** Whose fault shows first in which phase. */
const ownCause: Readonly<Record<Phase, Cause>> = {
  delivery: 'github-delivery',
  noticing: 'bellows',
  placing: 'fleet',
  starting: 'host',
  registering: 'github-api',
  booting: 'host',
  connecting: 'network',
  assigning: 'github-assignment',
  running: 'workflow',
  clearing: 'host',
};
