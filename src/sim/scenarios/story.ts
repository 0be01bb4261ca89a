// A story: people do what they do, things break, and then nothing is broken any more. Whatever happened, everything must get
// done in a bounded time, the checkers must have nothing to say, and what the story itself promises must hold.

import { createMemoryDatabase, type MemoryDatabase } from '../../adapters/store-memory/memory-store.ts';
import type { Settings } from '../../control-plane/settings.ts';
import { hours, seconds } from '../../domain/time.ts';
import { allCheckers } from '../checkers/all-checkers.ts';
import type { Finding } from '../checkers/checker.ts';
import { Judge } from '../checkers/judge.ts';
import { crashed, type Ending, outcomeOf } from '../ending.ts';
import type { Beliefs } from '../github/beliefs.ts';
import { everythingIsDone, unfinished } from '../swarm/run-seed.ts';
import { type Tamper, World } from '../world/world.ts';
import type { Audience, Scenario } from './scenario.ts';
import { JudgeHasSpoken, repository, Stage, StoryBroken } from './stage.ts';
import { Transcript, type View } from './transcript.ts';
import { underGuard } from './under-guard.ts';

export interface Story {
  name: string;
  about: string;
  /** Where many things happen, the transcript is told from further away. */
  view?: View;
  setting?: Setting;
  play(stage: Stage, database: MemoryDatabase): Promise<void>;
  /** Called when everything is done; it insists on what the lesson promises. */
  end(stage: Stage): Promise<void>;
}

export interface Setting {
  /** The memory of each host in GiB; it has as many CPUs as it takes. One host of 32 when left out. */
  hosts?: readonly number[];
  /** A machine enrols them, and again when they were removed. */
  auto?: boolean;
  /** How many VMs a host boots at a time. */
  maxBooting?: number;
  servers?: number;
  settings?: Partial<Settings>;
  beliefs?: Partial<Beliefs>;
  /** Stands between the product and the world, to count what it does. */
  tamper?: Tamper;
}

const lookEveryMs = seconds(10);
const calmLimitMs = hours(6);

export const story = (told: Story): Scenario => ({
  name: told.name,
  about: told.about,
  play: underGuard((audience) => perform(told, audience)),
});

async function perform(told: Story, audience: Audience): Promise<Ending> {
  const database = createMemoryDatabase();
  const world = worldOf(told, database);
  const transcript = new Transcript(told.view ?? 'close', audience.tell);
  audience.tell(`${told.name}: ${told.about}`);
  world.trace.onLine((line) => {
    audience.onLine?.(line);
    transcript.read(line);
  });
  const judge = new Judge(world, allCheckers());
  const stage = new Stage(world, judge);
  try {
    const broken = await act(told, { world, stage, judge, database });
    return await ending(world, [...judge.findings, ...broken]);
  } catch (error) {
    return crashed(error);
  } finally {
    transcript.flush();
  }
}

function worldOf({ setting = {} }: Story, database: MemoryDatabase): World {
  const { servers = 1, settings, beliefs, tamper } = setting;
  const world = new World({
    seed: 1,
    database,
    servers,
    ...(settings === undefined ? {} : { settings }),
    ...(beliefs === undefined ? {} : { beliefs }),
    ...(tamper === undefined ? {} : { tamper }),
  });
  const [owner = '', name = ''] = repository.split('/');
  world.addOrganization(owner, [name]);
  return world;
}

interface Cast {
  world: World;
  stage: Stage;
  judge: Judge;
  database: MemoryDatabase;
}

/** Plays it to its end; gives what did not come out as told. */
async function act(told: Story, { world, stage, judge, database }: Cast): Promise<readonly Finding[]> {
  const { hosts = [32], maxBooting = 4, auto = false } = told.setting ?? {};
  for (const [index, gib] of hosts.entries()) {
    const facts = { arch: 'x64', cpus: gib, memoryMib: gib * 1024 } as const;
    await world.addHost({ name: `host-${index + 1}`, facts, maxBooting, auto });
  }
  world.start();
  try {
    await stage.wait(seconds(5));
    await told.play(stage, database);
    stage.calm();
    if (!(await untilDone(world, judge))) return [await unfinished(world)];
    await judge.look('end');
    if (judge.findings.length > 0) return [];
    await told.end(stage);
    stage.tell(await summaryOf(stage));
    return [];
  } catch (error) {
    if (error instanceof JudgeHasSpoken) return [];
    if (!(error instanceof StoryBroken)) throw error;
    return [{ checker: 'the story', family: 'correctness', at: world.clock.now(), what: error.message }];
  }
}

/** Looks until nothing is left to do; false when something still is after the longest time. */
async function untilDone(world: World, judge: Judge): Promise<boolean> {
  for (let passed = 0; passed <= calmLimitMs; passed += lookEveryMs) {
    if (judge.findings.some(({ family }) => family === 'correctness')) return true;
    await world.clock.advance(lookEveryMs);
    if (await everythingIsDone(world)) return true;
    await judge.look('calm');
  }
  return false;
}

async function ending(world: World, findings: readonly Finding[]): Promise<Ending> {
  const { vms, repairs } = await world.store.transaction(async (tx) => ({
    vms: (await tx.vms.list({}, 1_000_000)).length,
    repairs: await tx.repairs.count({}),
  }));
  return {
    outcome: outcomeOf(findings),
    findings,
    jobs: world.github.world.state.jobs.size,
    vms,
    webhooks: world.webhooks,
    repairs,
  };
}

/** The last sentence of every story. */
async function summaryOf(stage: Stage): Promise<string> {
  const { store } = stage.world;
  const repairs = await store.transaction((tx) => tx.repairs.count({}));
  const results = new Map<string, number>();
  for (const { conclusion = 'open' } of stage.jobs)
    results.set(conclusion, (results.get(conclusion) ?? 0) + 1);
  const jobs = [...results].map(([conclusion, count]) => `${count} ${conclusion}`).join(', ');
  const mended = Object.entries(repairs)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${count}`);
  return `Everything is done. Jobs: ${jobs}. VMs: ${(await stage.vms()).length}. Mended: ${mended.join(', ') || 'nothing'}.`;
}
