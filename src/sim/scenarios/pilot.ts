// The pilot: two months of a company on four servers, in which everything breaks that can break, week by week more or less
// of it, and at whose end nothing is lost.

import { createMemoryDatabase, type MemoryDatabase } from '../../adapters/store-memory/memory-store.ts';
import {
  after,
  type DurationMs,
  hours,
  type Instant,
  instantOf,
  minutes,
  seconds,
} from '../../domain/time.ts';
import { allCheckers } from '../checkers/all-checkers.ts';
import { Judge } from '../checkers/judge.ts';
import { outcomeOf } from '../ending.ts';
import { noFaults } from '../github/faults.ts';
import { brewDisasters } from '../swarm/disasters.ts';
import { brewGitHub } from '../swarm/github-storm.ts';
import { brewMachines } from '../swarm/machine-storm.ts';
import { calmDown, everythingIsDone, tidyUp, unfinished } from '../swarm/run-seed.ts';
import { Storm } from '../swarm/storm.ts';
import { letUsersWork, organizationOf, settle } from '../swarm/users.ts';
import { World } from '../world/world.ts';
import { type Day, dayOf, ground, type PilotSize, type Spell, wholePilot } from './pilot-calendar.ts';
import { PilotTruth } from './pilot-truth.ts';
import type { Audience, Scenario, ScenarioEnding } from './scenario.ts';
import { underGuard } from './under-guard.ts';

export const pilot: Scenario = {
  name: 'pilot',
  about:
    'Two months, 60,000 webhooks and 20,000 VMs, with all that breaks in them, and at the end nothing is lost.',
  play: (audience) => playPilot(wholePilot, audience),
};

/** Between two looks of the judge. */
const lookMs = { atWork: minutes(2), atNight: minutes(20) };
/** As an installation of this size would set them: hosts say that they live twice a minute. */
const agentLimits = { observeMs: seconds(30), reconcileMs: seconds(30) };
const settings = { hostSilenceMs: seconds(120), idleLookMs: seconds(30) };
const keepMs = { deliveries: hours(14 * 24), history: hours(400 * 24) };
const longestCleanUpMs = hours(12);

export const playPilot = (size: PilotSize, audience: Audience): Promise<ScenarioEnding> =>
  underGuard((to) => playUnguarded(size, to))(audience);

async function playUnguarded(size: PilotSize, audience: Audience): Promise<ScenarioEnding> {
  const database = createMemoryDatabase();
  const world = new World({
    seed: size.seed,
    database,
    servers: ground(size).servers,
    settings,
    agent: { limits: agentLimits },
  });
  if (audience.onLine !== undefined) world.trace.onLine(audience.onLine);
  const judge = new Judge(world, allCheckers());
  const cast: Cast = { world, database, judge, tell: audience.tell, injected: {} };
  const truth = new PilotTruth(world);
  const first = new Storm(world, ground(size));
  settle(first);
  for (const [index, { onlyFor, cpus, memoryMib, labels }] of first.options.hosts.entries()) {
    await world.addHost({
      name: `host-${index + 1}`,
      facts: { arch: 'x64', cpus, memoryMib },
      labels,
      maxBooting: 4,
      ...(onlyFor === undefined ? {} : { owners: [organizationOf(onlyFor)] }),
    });
  }
  world.start();
  for (let index = 0; index < size.days && cast.judge.findings.length === 0; index += 1) {
    const midnight = world.clock.now();
    await live(cast, dayOf(size, index, midnight), midnight);
  }
  return end(cast, truth);
}

interface Cast {
  world: World;
  database: MemoryDatabase;
  judge: Judge;
  tell: (line: string) => void;
  /** How often each kind of fault struck. */
  injected: Record<string, number>;
}

/** From midnight to midnight. */
async function live(cast: Cast, day: Day, midnight: Instant): Promise<void> {
  const { world, database, judge, tell } = cast;
  database.retain({
    deliveries: after(midnight, -keepMs.deliveries),
    history: after(midnight, -keepMs.history),
  });
  await wait(cast, after(midnight, day.opensAt), 'calm');
  const people = new Storm(world, day.options);
  brewGitHub(people);
  brewMachines(people);
  letUsersWork(people);
  for (const { at, options } of day.spells) {
    await work(cast, people, after(midnight, at));
    await breakThings(cast, people, { at, options });
  }
  await work(cast, people, after(midnight, day.closesAt + hours(1)));
  people.isOver = true;
  countFaults(cast, people);
  await wait(cast, after(midnight, hours(24)), 'calm');
  const date = new Date(midnight).toISOString().slice(0, 10);
  const { state } = world.github.world;
  tell(
    `${date}: ${world.webhooks} webhooks and ${state.jobs.size} jobs so far, ${day.spells.length} spells of bad weather, ${judge.findings.length} findings`,
  );
}

/** Every hour people approve what waits for them, and give up what nobody can run. */
async function work(cast: Cast, people: Storm, until: Instant): Promise<void> {
  const { clock, github } = cast.world;
  while (clock.now() < until && cast.judge.findings.length === 0) {
    await wait(cast, instantOf(Math.min(until, after(clock.now(), hours(1)))), 'calm');
    for (const job of [...github.world.state.openJobs]) tidyUp(people, job);
  }
}

async function breakThings(cast: Cast, people: Storm, { options }: Spell): Promise<void> {
  const { world, database } = cast;
  const spell = new Storm(world, options);
  brewGitHub(spell);
  brewMachines(spell);
  brewDisasters(spell, database);
  await wait(cast, after(world.clock.now(), options.stormMs), 'storm');
  calmDown(spell);
  countFaults(cast, spell);
  const { hosted } = world.github.world.faults;
  Object.assign(world.github.world.faults, noFaults(), { hosted });
  brewGitHub(people);
  brewMachines(people);
}

function countFaults({ injected }: Cast, storm: Storm): void {
  for (const [kind, count] of storm.injected) injected[kind] = (injected[kind] ?? 0) + count;
}

/** Lets time pass while the judge looks on; nothing more happens when it has found something. */
async function wait({ world, judge }: Cast, until: Instant, phase: 'storm' | 'calm'): Promise<void> {
  const { clock, github } = world;
  while (clock.now() < until && judge.findings.length === 0) {
    const everyMs = github.world.state.openJobs.size > 0 ? lookMs.atWork : lookMs.atNight;
    await clock.advance(Math.min(everyMs, until - clock.now()));
    await judge.look(phase);
  }
}

async function end(cast: Cast, truth: PilotTruth): Promise<ScenarioEnding> {
  const { world, judge } = cast;
  const isDone = judge.findings.length > 0 || (await cleanUp(cast));
  await judge.look('end');
  const findings = isDone ? judge.findings : [...judge.findings, await unfinished(world)];
  const repairs = await world.store.transaction((tx) => tx.repairs.count({}));
  const { vms, ...counts } = await truth.count();
  return {
    outcome: Object.values(counts).some((count) => count > 0) ? 'correctness' : outcomeOf(findings),
    findings,
    jobs: world.github.world.state.jobs.size,
    vms,
    webhooks: world.webhooks,
    repairs,
    report: { ...counts, injected: cast.injected },
  };
}

/** The last night may be longer than others. */
async function cleanUp({ world, judge }: Cast): Promise<boolean> {
  const stepMs: DurationMs = minutes(5);
  for (let passed = 0; passed <= longestCleanUpMs; passed += stepMs) {
    if (await everythingIsDone(world)) return true;
    await world.clock.advance(stepMs);
    await judge.look('calm');
  }
  return everythingIsDone(world);
}
