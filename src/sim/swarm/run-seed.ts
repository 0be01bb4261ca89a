// One seed from beginning to end. First everything breaks; then all faults stop, and what GitHub still wants done must get
// done within a bounded time; then the books must agree with GitHub and with the hosts.

import { defaultTiming } from '../../domain/lifecycle/deadlines.ts';
import { type DurationMs, hours, minutes, seconds } from '../../domain/time.ts';
import { allCheckers } from '../checkers/all-checkers.ts';
import type { Finding } from '../checkers/checker.ts';
import { Judge } from '../checkers/judge.ts';
import { type Ending, outcomeOf } from '../ending.ts';
import { noFaults } from '../github/faults.ts';
import type { Job } from '../github/state.ts';
import { type RestorableDatabase, type Tamper, World } from '../world/world.ts';
import { brewDisasters } from './disasters.ts';
import { countedNames, type FaultName, type Happening } from './fault-kinds.ts';
import { brewGitHub } from './github-storm.ts';
import { brewMachines } from './machine-storm.ts';
import { resumeAll } from './operator.ts';
import type { SwarmOptions } from './options.ts';
import { Storm } from './storm.ts';
import { approveWaiting, letUsersWork, organizationOf, settle } from './users.ts';

export interface SeedResult extends Ending {
  seed: number;
  /** Virtual. */
  lastedMs: DurationMs;
  /** From the end of the storm until everything was done. */
  calmMs: DurationMs;
  injected: Partial<Record<FaultName | Happening, number>>;
  lines: number;
  digest: string;
}

export interface RunOptions<Snapshot> {
  database: RestorableDatabase<Snapshot>;
  onLine?: (line: string) => void;
  /** Makes the product a broken one. */
  tamper?: Tamper;
  /** Is shown the world when everything is set, before anything begins. */
  onWorld?: (world: World) => void;
}

const lookEveryMs = seconds(10);
/** The longest that a deadline of the product may keep something, and then the repair loops. */
const timing = { ...defaultTiming, lifetimeMs: hours(2) };
/** After the storm, and then after the end of each job: nobody can say how long the work takes that is left. */
const calmLimitMs = hours(6);
const toldLimitMs = hours(5);
const toldEveryMs = minutes(1);

export async function runSeed<Snapshot>(
  options: SwarmOptions,
  { database, onLine, onWorld, tamper }: RunOptions<Snapshot>,
): Promise<SeedResult> {
  const world = new World({
    seed: options.seed,
    database,
    servers: options.servers,
    settings: { timing, ...(options.words === 'off' && { checkRuns: false, readLogs: false }) },
    alerts: options.alerts === true,
    ...(tamper === undefined ? {} : { tamper }),
  });
  if (onLine !== undefined) world.trace.onLine(onLine);
  const storm = new Storm(world, options);
  const judge = new Judge(world, allCheckers());
  settle(storm);
  for (const [index, { onlyFor, auto, ...host }] of options.hosts.entries()) {
    await world.addHost({
      name: `host-${index + 1}`,
      facts: { arch: 'x64', cpus: host.cpus, memoryMib: host.memoryMib },
      labels: host.labels,
      ...(auto === undefined ? {} : { auto }),
      ...(onlyFor === undefined ? {} : { owners: [organizationOf(onlyFor)] }),
    });
  }
  brewGitHub(storm);
  brewMachines(storm);
  brewDisasters(storm, database);
  onWorld?.(world);
  world.start();
  letUsersWork(storm);
  const startedAt = world.clock.now();
  await weather(storm, judge);
  const stormEnd = world.clock.now();
  calmDown(storm);
  const isDone = await untilDone(storm, judge);
  if (options.alerts === true) await untilAllIsTold(world);
  await judge.look('end');
  return result(storm, judge, {
    isDone,
    lastedMs: world.clock.now() - startedAt,
    calmMs: world.clock.now() - stormEnd,
  });
}

async function weather({ world, options }: Storm, judge: Judge): Promise<void> {
  const end = world.clock.now() + options.stormMs;
  while (world.clock.now() < end && judge.findings.length === 0) {
    await world.clock.advance(Math.min(lookEveryMs, end - world.clock.now()));
    await judge.look('storm');
  }
}

/** All faults end, everybody comes back, and users take away what can never be done. */
export function calmDown(storm: Storm): void {
  const { world } = storm;
  storm.isOver = true;
  world.trace.write('storm', 'is over');
  const { hosted } = world.github.world.faults;
  Object.assign(world.github.world.faults, noFaults(), { hosted });
  world.clearWeather();
  for (const server of world.servers) server.start();
  for (const machine of world.hosts) {
    machine.host.diskFull = false;
    machine.journalIsFull = false;
    void world.comeBack(machine);
  }
  void resumeAll(world);
}

/** Looks until nothing is left to do; false when something still is after the longest time. */
async function untilDone(storm: Storm, judge: Judge): Promise<boolean> {
  const { world } = storm;
  const { openJobs } = world.github.world.state;
  let open = openJobs.size;
  for (let passed = 0; passed <= calmLimitMs; passed += lookEveryMs) {
    if (judge.findings.some(({ family }) => family === 'correctness')) return true;
    for (const job of [...openJobs]) tidyUp(storm, job);
    await world.clock.advance(lookEveryMs);
    if (openJobs.size < open) passed = 0;
    open = openJobs.size;
    if (await everythingIsDone(world)) return true;
    await judge.look('calm');
  }
  return false;
}

/** What is wrong by what was lately takes its time to be over, and an incident of which nothing comes any more hours. */
async function untilAllIsTold(world: World): Promise<void> {
  for (let passed = 0; passed <= toldLimitMs; passed += toldEveryMs) {
    const state = await world.store.transaction((tx) => tx.loops.get('alerts'));
    const isTold =
      state === undefined || (Object.keys(state.alerts).length === 0 && state.outbox.length === 0);
    if (isTold && passed > 0) return;
    await world.clock.advance(toldEveryMs);
  }
}

/** The user approves what waits, and gives up what nobody can run. */
export function tidyUp(storm: Storm, job: Job): void {
  const { github } = storm.world;
  if (job.phase === 'waiting') approveWaiting(storm, job.run, 1);
  const isHopeless =
    job.labels.some((label) => /999cpu|1000gb/.test(label)) ||
    job.run.repository.name === 'closed' ||
    !fits(storm, job);
  if (isHopeless && job.phase === 'queued') github.cancel(job.run);
}

/** Whether some host could run it if it were empty. */
function fits({ options }: Storm, job: Job): boolean {
  const size = job.labels
    .map((label) => /^bellows-(\d+)cpu-(\d+)gb$/.exec(label))
    .find((match) => match !== null);
  if (size === undefined || size === null) return true;
  const owner = job.run.repository.owner.login;
  return options.hosts.some(
    ({ memoryMib, labels, onlyFor }) =>
      memoryMib >= Number(size[2]) * 1024 &&
      (!job.labels.includes('gpu') || labels.includes('gpu')) &&
      (onlyFor === undefined || organizationOf(onlyFor) === owner),
  );
}

/** At GitHub, in the books and on the hosts. */
export async function everythingIsDone(world: World): Promise<boolean> {
  const { state } = world.github.world;
  if (state.openJobs.size > 0 || world.hosts.some(({ host }) => host.running.length > 0)) return false;
  if ([...state.runners.values()].some(({ removed }) => !removed)) return false;
  const open = await world.store.transaction(async (tx) => ({
    vms: await tx.vms.allLive(),
    jobs: await tx.jobs.list({ states: ['waiting', 'queued', 'running'] }, 1),
  }));
  return open.vms.length === 0 && open.jobs.length === 0;
}

async function result(
  storm: Storm,
  { findings }: Judge,
  { isDone, lastedMs, calmMs }: { isDone: boolean; lastedMs: DurationMs; calmMs: DurationMs },
): Promise<SeedResult> {
  const { world, injected, options } = storm;
  const late = isDone ? [] : [await unfinished(world)];
  const all = [...findings, ...late];
  const { vms, repairs } = await world.store.transaction(async (tx) => ({
    vms: await tx.vms.list({}, 10_000_000),
    repairs: await tx.repairs.count({}),
  }));
  for (const { job, cause } of vms) if (job !== undefined && job !== cause) storm.count('job-on-another-vm');
  return {
    seed: options.seed,
    outcome: outcomeOf(all),
    findings: all,
    jobs: world.github.world.state.jobs.size,
    vms: vms.length,
    webhooks: world.webhooks,
    lastedMs,
    calmMs,
    injected: Object.fromEntries(
      countedNames.flatMap((name) => (injected.has(name) ? [[name, injected.get(name)]] : [])),
    ),
    repairs,
    lines: world.trace.lines,
    digest: world.trace.digest(),
  };
}

/** What of that is not so, as a finding. */
export async function unfinished(world: World): Promise<Finding> {
  const { state } = world.github.world;
  const { vms, jobs } = await world.store.transaction(async (tx) => ({
    vms: await tx.vms.allLive(),
    jobs: await tx.jobs.list({ states: ['waiting', 'queued', 'running'] }, 10),
  }));
  const what = [
    ...[...state.openJobs]
      .slice(0, 5)
      .map((job) => `GitHub holds job ${job.id} ${job.phase} (${job.labels.join(', ')})`),
    ...jobs.slice(0, 5).map((job) => `our row of job ${job.id} is ${job.state}: ${job.waitingFor}`),
    ...vms.slice(0, 5).map((vm) => `VM ${vm.id} is ${vm.state}`),
    ...world.hosts.flatMap(({ name, host }) => host.running.map((vm) => `${vm} runs on ${name}`)).slice(0, 5),
    ...[...state.runners.values()]
      .filter(({ removed }) => !removed)
      .slice(0, 5)
      .map(({ name }) => `runner ${name} is registered`),
  ];
  return { checker: 'everything is done', family: 'liveness', at: world.clock.now(), what: what.join('; ') };
}
