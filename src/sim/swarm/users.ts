// The people behind the jobs: they push, cancel, run again, approve, ask for machines that nobody has, and use GitHub's own
// runners beside ours.

import { minutes, seconds } from '../../domain/time.ts';
import { currentJobs } from '../github/runs.ts';
import type { JobPhase, Run } from '../github/state.ts';
import { type SimpleJob, workflowOf } from '../github/workflow/workflow-of.ts';
import type { Dice } from './dice.ts';
import type { Happening } from './fault-kinds.ts';
import type { Storm } from './storm.ts';

export const organizationOf = (index: number): string => `org-${index}`;
const protectedEnvironment = 'production';
const closedRepository = 'closed';
const burstWidth = 256;
const burstJobs = 8;

export function settle(storm: Storm): void {
  const { world, options } = storm;
  for (let index = 1; index <= options.organizations; index += 1) {
    const login = organizationOf(index);
    const names = Array.from({ length: options.repositories }, (_, repository) => `app-${repository + 1}`);
    world.addOrganization(login, names);
    for (const name of names) protect(storm, `${login}/${name}`);
    if (storm.rate('excluded-by-group') > 0) closeGroup(storm, login);
  }
  const { faults } = world.github.world;
  faults.hosted = (job) =>
    job.labels.includes('ubuntu-latest')
      ? { startMs: seconds(3), durationMs: seconds(40), conclusion: 'success' }
      : undefined;
}

/** Jobs of its environment `production` wait for an approval. */
function protect(storm: Storm, fullName: string): void {
  const repository = storm.world.github.world.state.repositoriesByName.get(fullName);
  if (storm.rate('approval') > 0) repository?.protectedEnvironments.add(protectedEnvironment);
}

/** Our runners' group does not let one repository in. */
function closeGroup(storm: Storm, login: string): void {
  const { world } = storm;
  world.github.createRepository({ owner: login, name: closedRepository, private: true });
  const open = Array.from({ length: storm.options.repositories }, (_, index) => `app-${index + 1}`);
  const group = world.github.createRunnerGroup(login, { name: 'ours', repositories: open });
  world.settings = {
    ...world.settings,
    runnerGroups: { ...world.settings.runnerGroups, [login]: group.id },
  };
}

/** Starts everything that users will do in the storm. */
export function letUsersWork(storm: Storm): void {
  const { world, options } = storm;
  const dice = storm.dice('users');
  for (const moment of dice.moments(options.runs, options.stormMs * 0.9)) {
    void world.clock.sleep(moment).then(() => push(storm, dice));
  }
  if (storm.rate('burst') > 0) void world.clock.sleep(options.stormMs / 4).then(() => burst(storm, dice));
}

function push(storm: Storm, dice: Dice): void {
  const owner = organizationOf(dice.between(1, storm.options.organizations));
  const closed = storm.strikes('excluded-by-group');
  const name = closed ? closedRepository : `app-${dice.between(1, storm.options.repositories)}`;
  start(storm, `${owner}/${name}`, [...jobsOf(storm, dice)]);
}

function start(storm: Storm, repository: string, jobs: readonly SimpleJob[]): void {
  const run = storm.world.github.start({ repository, workflow: workflowOf('ci', jobs) });
  storm.world.trace.write('user', 'pushed', { repository, run: run.id });
  void follow(storm, run);
}

function* jobsOf(storm: Storm, dice: Dice): Iterable<SimpleJob> {
  const count = dice.between(1, 3);
  for (let index = 1; index <= count; index += 1) {
    const width = dice.between(1, storm.options.width);
    const limited = width > 1 && storm.strikes('max-parallel');
    yield {
      key: `job-${index}`,
      labels: labelsOf(storm, dice),
      ...(width > 1 ? { width, failFast: dice.chance(0.3) } : {}),
      ...(limited ? { maxParallel: dice.between(1, Math.max(1, width - 1)) } : {}),
      ...(index > 1 && dice.chance(0.4) ? { needs: [`job-${index - 1}`] } : {}),
      ...(storm.strikes('approval') ? { environment: protectedEnvironment } : {}),
    };
  }
}

function labelsOf(storm: Storm, dice: Dice): string[] {
  if (storm.strikes('foreign-jobs')) return ['ubuntu-latest'];
  if (storm.strikes('impossible-label')) return [dice.pick(['bellows-999cpu-1gb', 'bellows-64cpu-1000gb'])];
  const size = dice.pick(['bellows-2cpu-4gb', 'bellows-1cpu-2gb', 'bellows-4cpu-8gb', 'bellows-2cpu-2gb']);
  const hasGpu = storm.options.hosts.some(({ labels }) => labels.includes('gpu'));
  return hasGpu && dice.chance(0.2) ? [size, 'gpu'] : [size];
}

/** Eight matrices of 256 at once. */
function burst(storm: Storm, dice: Dice): void {
  storm.count('burst');
  for (let index = 1; index <= burstJobs; index += 1) {
    const owner = organizationOf(dice.between(1, storm.options.organizations));
    start(storm, `${owner}/app-1`, [
      { key: 'wide', labels: ['bellows-1cpu-2gb'], width: burstWidth, failFast: false },
    ]);
  }
}

/** What becomes of a run: perhaps cancelled at some moment, perhaps run again when it has ended. */
async function follow(storm: Storm, run: Run): Promise<void> {
  const { clock, github, trace } = storm.world;
  const dice = storm.dice(`run-${run.id}`);
  const patience = Math.round(dice.logBetween(50, minutes(20)));
  if (storm.isDrawn('job-cancelled')) {
    await clock.sleep(patience);
    if (run.status === 'completed') return;
    const open = currentJobs(run).map(({ phase }) => phase);
    const answer = github.cancel(run);
    if (answer.ok) countCancelled(storm, open);
    trace.write('user', 'cancelled', { run: run.id, ok: answer.ok });
    return;
  }
  while (!storm.isOver) {
    await clock.sleep(minutes(1));
    approveWaiting(storm, run, 0.3);
    if (run.status !== 'completed') continue;
    if (run.attempt >= 3 || !storm.isDrawn('run-rerun')) return;
    const answer = github.rerun(run, dice.pick(['all', 'failed'] as const));
    if (answer.ok) storm.count('run-rerun');
    trace.write('user', 'ran again', { run: run.id, ok: answer.ok });
  }
}

/** At which stages the jobs of the run were. */
function countCancelled(storm: Storm, phases: readonly JobPhase[]): void {
  storm.count('job-cancelled');
  for (const phase of phases) {
    const stage = stages[phase];
    if (stage !== undefined) storm.count(stage);
  }
}

const stages: Readonly<Partial<Record<JobPhase, Happening>>> = {
  waiting: 'cancelled-while-waiting',
  queued: 'cancelled-in-queue',
  assigned: 'cancelled-when-assigned',
  in_progress: 'cancelled-at-work',
};

/** @param share the part of them that gets its approval now */
export function approveWaiting(storm: Storm, run: Run, share: number): void {
  const { github } = storm.world;
  for (const job of github.world.state.openJobs) {
    if (job.run !== run || job.phase !== 'waiting' || !storm.dice('approve').chance(share)) continue;
    github.approve(job);
  }
}
