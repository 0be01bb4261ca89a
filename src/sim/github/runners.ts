// Runner registrations: made by a just-in-time call, online while a session polls, gone after one job.

import { type RunnerId, runnerId, runnerName } from '../../domain/ids.ts';
import { defaultGroupId, fullNameOf, hostedGroupId } from './accounts.ts';
import { type Answer, answer, notFound, refuse } from './answer.ts';
import type { Account, Job, Register, Repository, Runner, RunnerScope } from './state.ts';
import { liftDeadlines, setDeadline } from './timers.ts';
import type { World } from './world.ts';

/** Whose runners a call is about: an organisation's, or one repository's. */
export type RunnerOwner =
  | { kind: 'organization'; account: Account }
  | { kind: 'repository'; repository: Repository };

/** The body of a generate-jitconfig call, as it came: GitHub's refusals are about what is missing in it. */
export interface RegistrationRequest {
  name?: unknown;
  runner_group_id?: unknown;
  labels?: unknown;
  work_folder?: unknown;
}

export function registerRunner(
  world: World,
  owner: RunnerOwner,
  request: RegistrationRequest,
): Answer<Runner> {
  const { name, runner_group_id: groupId, labels, work_folder: workFolder = '_work' } = request;
  if (typeof groupId !== 'number') {
    return refuse(422, 'Invalid request.\n\nInvalid input: object is missing required key: runner_group_id.');
  }
  if (typeof name !== 'string' || name === '') {
    return refuse(422, 'Invalid request.\n\nInvalid input: object is missing required key: name.');
  }
  if (name.length > 64)
    return refuse(422, 'Invalid request.\n\nThe runner name may have 64 characters at most.');
  if (!isLabelList(labels)) {
    const given = Array.isArray(labels) ? labels.length : 0;
    return refuse(
      422,
      `Invalid request.\n\nNo subschema in "labels" matched: 1 item required; only ${given} were supplied.`,
    );
  }
  if (typeof workFolder !== 'string') return refuse(422, 'Invalid request.\n\nwork_folder is not a string.');
  const scope = scopeFor(world, owner, groupId);
  if (!scope.ok) return scope;
  const limited = world.limits.register(ownerKey(owner));
  if (!limited.ok) return limited;
  const register = registerOf(world, owner);
  const key = nameKey(world, name, groupId);
  if (register.byName.has(key)) {
    return refuse(409, `Already exists - A runner with the name ${name} already exists.`);
  }
  const runner: Runner = {
    id: runnerId(world.ids.next('runner')),
    name: runnerName(name),
    scope: scope.value,
    labels: world.beliefs.labelsAreLowerCased ? labels.map((label) => label.toLowerCase()) : labels,
    workFolder,
    clientId: world.ids.guid(),
    createdAt: world.clock.now(),
    lastContactAt: undefined,
    os: 'unknown',
    version: undefined,
    session: undefined,
    job: undefined,
    deadlines: new Map(),
    ephemeral: true,
    removed: false,
  };
  world.state.runners.set(runner.id, runner);
  world.state.runnersByClient.set(runner.clientId, runner);
  register.runners.set(runner.id, runner);
  register.byName.set(key, runner);
  setDeadline(world.timers, runner.deadlines, 'connect', world.beliefs.neverConnectedMs, () => {
    if (runner.lastContactAt === undefined) removeRunner(world, runner);
  });
  return answer(runner);
}

function scopeFor(world: World, owner: RunnerOwner, groupId: number): Answer<RunnerScope> {
  if (groupId === hostedGroupId) return refuse(403, 'Runners may not be added to this runner group.');
  if (owner.kind === 'repository') {
    return groupId === defaultGroupId
      ? answer({ kind: 'repository', repository: owner.repository })
      : notFound;
  }
  const group = world.state.groups.find((it) => it.owner === owner.account && it.id === groupId);
  return group ? answer({ kind: 'organization', group }) : notFound;
}

const ownerKey = (owner: RunnerOwner): string =>
  owner.kind === 'organization' ? owner.account.login : fullNameOf(owner.repository);

function registerOf(world: World, owner: RunnerOwner): Register {
  const key = ownerKey(owner);
  const known = world.state.registers.get(key);
  if (known) return known;
  const register: Register = { runners: new Map(), byName: new Map() };
  world.state.registers.set(key, register);
  return register;
}

const nameKey = (world: World, name: string, groupId: number): string =>
  world.beliefs.namesAreUniquePerOwner ? name.toLowerCase() : `${groupId} ${name.toLowerCase()}`;

const isLabelList = (labels: unknown): labels is string[] =>
  Array.isArray(labels) &&
  labels.length >= 1 &&
  labels.length <= 100 &&
  labels.every((label) => typeof label === 'string' && label !== '');

/** All registrations of the owner, oldest first. A repository's list does not show its organisation's runners. */
export function runnersOf(world: World, owner: RunnerOwner): Runner[] {
  return [...registerOf(world, owner).runners.values()];
}

/** As the list of runners shows them. */
export const runnersShown = (world: World, owner: RunnerOwner): Runner[] =>
  runnersOf(world, owner).filter(({ id }) => !world.faults.listMisses('runners', id));

export function findRunner(world: World, owner: RunnerOwner, id: RunnerId): Answer<Runner> {
  const runner = registerOf(world, owner).runners.get(id);
  return runner ? answer(runner) : notFound;
}

/** DELETE of a runner: 204 gone, 404 unknown, 422 busy; the belief `deletionOfBusyRunner` switches the last. */
export function deleteRunner(world: World, owner: RunnerOwner, id: RunnerId): Answer<undefined> {
  const found = findRunner(world, owner, id);
  if (!found.ok) return found;
  const runner = found.value;
  const isRefused = isBusy(world, runner)
    ? world.beliefs.deletionOfBusyRunner === '422'
    : world.faults.deletionRefused(runner);
  if (isRefused) {
    return refuse(
      422,
      `Bad request - Runner "${runner.name}" is still running a job. Please wait for the job to finish and try again.`,
    );
  }
  removeRunner(world, runner);
  return answer(undefined);
}

/** Ends the registration, at once or when its job has ended. A held poll is woken and hears that the runner is gone. */
export function removeRunner(world: World, runner: Runner): void {
  if (!runner.removed) strikeOut(world, runner);
  runner.removed = true;
  if (!runner.job) forget(world, runner);
}

/** Takes the job off its runner, and the job's messages out of the runner's mailbox. */
export function freeRunner(world: World, runner: Runner, job: Job): void {
  if (runner.job === job) runner.job = undefined;
  const { session } = runner;
  if (session) session.mailbox = session.mailbox.filter((message) => message.job !== job);
  if (runner.removed) forget(world, runner);
}

function strikeOut(world: World, { id, name, scope }: Runner): void {
  const [owner, groupId]: [RunnerOwner, number] =
    scope.kind === 'organization'
      ? [{ kind: 'organization', account: scope.group.owner }, scope.group.id]
      : [scope, defaultGroupId];
  const register = registerOf(world, owner);
  register.runners.delete(id);
  const key = nameKey(world, name, groupId);
  if (register.byName.get(key)?.id === id) register.byName.delete(key);
}

function forget(world: World, runner: Runner): void {
  liftDeadlines(runner.deadlines);
  world.state.runners.delete(runner.id);
  world.state.runnersByClient.delete(runner.clientId);
  runner.session?.wake?.();
}

export function isOnline(world: World, runner: Runner): boolean {
  if (!runner.session || runner.lastContactAt === undefined) return false;
  return runner.session.polls > 0 || world.clock.now() - runner.lastContactAt < world.beliefs.offlineAfterMs;
}

/** The truth. What the list shows is `shownBusy`. */
export const isBusy = (world: World, runner: Runner): boolean =>
  runner.job !== undefined && (world.beliefs.busyFromAssignment || runner.job.phase === 'in_progress');

export const shownBusy = (world: World, runner: Runner): boolean =>
  isBusy(world, runner) && !world.beliefs.busyShownIdle && !world.faults.shownIdle(runner);
