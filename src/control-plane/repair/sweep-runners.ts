// Deletes runner registrations of ours that are left over: of VMs that are gone, and whose own deletion failed or came before
// the registration did (I5). What counts as a leftover is decided in domain/repair/sweep.ts.

import { type RunnerId, runnerId, type VmId } from '../../domain/ids.ts';
import { allowanceOf } from '../../domain/repair/allowance.ts';
import { memoryMs } from '../../domain/repair/poll-plan.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import {
  looksApartMs,
  planSweep,
  type Registration,
  type SweepPlan,
  vmOfRunnerName,
} from '../../domain/repair/sweep.ts';
import { type Scope, scopeFor, scopeOwner } from '../../domain/scope.ts';
import { after, type Instant, minutes } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import { recordRepairs } from './book.ts';
import type { RepairLoop } from './loop.ts';

/** How many registrations one round deletes in one place: a deletion costs five points of the limit by the minute. */
const mostDeletions = 50;

/** A round is a few calls, so it goes on where looks of thousands have spent their share of GitHub's limit. */
const sweepShare = 0.9;

/** When GitHub could not be asked everywhere: its limit may just be about to be renewed. */
const putOffMs = minutes(2);

export const sweepLoop: RepairLoop = {
  kind: 'sweep-runners',
  async run(deps, { owner }) {
    const mended: Repair[] = [];
    let isPutOff = false;
    for (const [place, scope] of await placesOf(deps, owner)) {
      try {
        const swept = await sweepPlace(deps, place, scope);
        if (swept === 'no calls left') isPutOff = true;
        else mended.push(...swept);
      } catch (error) {
        if (!(error instanceof GitHubError)) throw error;
        // An organisation that took the App away must not keep the others from being swept.
        deps.log.warn('cannot sweep runners', { place, error });
        isPutOff ||= error.kind === 'rate-limited' || error.kind === 'unavailable';
      }
    }
    return { mended, nextInMs: isPutOff ? putOffMs : looksApartMs };
  },
};

/**
 * Where GitHub keeps one list of runners: an organisation has one for all its groups. By the newest installation. A database
 * that was restored does not know the VMs that were made since the backup, so wherever jobs of ours are or lately were there
 * may be some. GitHub itself removes after a day what was registered for one job and never used.
 */
async function placesOf(
  { store, clock, settings }: Deps,
  owner: string | undefined,
): Promise<ReadonlyMap<string, Scope>> {
  const { scopes, active, served } = await store.transaction(async (tx) => ({
    scopes: await tx.vms.scopes(),
    active: await tx.jobs.activity(after(clock.now(), -memoryMs)),
    served: await tx.loops.get('served-repositories'),
  }));
  const isActive = new Set(active.map(({ repository }) => repository));
  const ofJobs = (served?.repositories ?? [])
    .filter(({ fullName }) => isActive.has(fullName.toLowerCase()))
    .map((repository) => scopeFor(repository, settings.runnerGroups));
  const wanted = [...ofJobs, ...scopes].filter((scope) => owner === undefined || scopeOwner(scope) === owner);
  const oldestFirst = [...wanted].sort((a, b) => a.installationId - b.installationId);
  return new Map(oldestFirst.map((scope) => [placeOf(scope), scope]));
}

const placeOf = (scope: Scope): string =>
  scope.kind === 'organization' ? scope.login.toLowerCase() : `${scope.owner}/${scope.name}`.toLowerCase();

async function sweepPlace(
  deps: Deps,
  place: string,
  scope: Scope,
): Promise<readonly Repair[] | 'no calls left'> {
  const { github, clock, store } = deps;
  const budget = await github.budget(scope.installationId);
  if (allowanceOf(budget, sweepShare, clock.now()).calls === 0) return 'no calls left';
  const registrations = await github.listRunners(scope);
  const plan = await store.transaction((tx) => look(tx, deps, place, registrations));
  const mended: Repair[] = [];
  for (const leftover of plan.remove.slice(0, mostDeletions)) {
    const answer = await github.deleteRunner(scope, leftover.id);
    const now = clock.now();
    const repair: Repair = {
      at: now,
      kind: 'registration-swept',
      cause: 'its VM is gone',
      subject: { kind: 'runner', id: leftover.name },
      owner: scopeOwner(scope),
      data: { runner: leftover.id, place },
    };
    // 422: GitHub holds a job for it after all, and its time begins anew. 404: somebody else was first, and it is no repair.
    const since = answer === 'busy' ? now : undefined;
    await store.transaction(async (tx) => {
      await changeLooks(tx, place, (looks) => setLook(looks, leftover.id, since));
      if (answer === 'deleted') await recordRepairs(tx, [repair]);
    });
    if (answer === 'deleted') mended.push(repair);
    deps.log.info('runner swept', { place, runner: leftover.name, answer });
  }
  return mended;
}

/** Plans by what is remembered, and remembers what was seen for the first time. */
async function look(
  tx: Transaction,
  { settings, clock }: Deps,
  place: string,
  registrations: readonly Registration[],
): Promise<SweepPlan> {
  const offline = registrations.filter(({ online }) => !online);
  // What a host has is left to it, also where a database that was restored does not know it.
  const living = new Set<VmId>((await tx.hosts.list()).flatMap(({ strangers = [] }) => strangers));
  for (const { name } of offline) {
    const id = vmOfRunnerName(settings.installationTag, name);
    const vm = id === undefined ? undefined : await tx.vms.get(id);
    if (vm !== undefined && vm.state !== 'gone') living.add(vm.id);
  }
  const now = clock.now();
  let plan: SweepPlan = { remove: [], remember: [], forget: [] };
  await changeLooks(tx, place, (looks) => {
    plan = planSweep(settings.installationTag, registrations, (vm) => living.has(vm), looks, now);
    const forgotten = new Set(plan.forget);
    return new Map([
      ...[...looks].filter(([id]) => !forgotten.has(id)),
      ...plan.remember.map(({ id }) => [id, now] as const),
    ]);
  });
  return plan;
}

type Looks = ReadonlyMap<RunnerId, Instant>;

function setLook(looks: Looks, id: RunnerId, since: Instant | undefined): Looks {
  const others = [...looks].filter(([other]) => other !== id);
  return new Map(since === undefined ? others : [...others, [id, since]]);
}

async function changeLooks(tx: Transaction, place: string, change: (looks: Looks) => Looks): Promise<void> {
  await tx.lock('repair:sweep-runners');
  const all = (await tx.loops.get('sweep-runners'))?.looks ?? {};
  const { [place]: own = {}, ...others } = all;
  const next = change(new Map(Object.entries(own).map(([id, at]) => [runnerId(Number(id)), at])));
  const looks = next.size === 0 ? others : { ...others, [place]: Object.fromEntries(next) };
  await tx.loops.put('sweep-runners', { looks });
}
