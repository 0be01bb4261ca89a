// A day that is short and has a little of everything, on which checkers and mutants are tried: two organisations, a host for
// all, a host for one, lost webhooks, a guest that panics, jobs that fail, that are cancelled while their VM boots, and that
// no host can run; both hosts are cut off for a while; then half an hour of calm.

import { createMemoryDatabase } from '../../adapters/store-memory/memory-store.ts';
import type { VmId } from '../../domain/ids.ts';
import { minutes, seconds } from '../../domain/time.ts';
import { allCheckers } from '../checkers/all-checkers.ts';
import type { Finding } from '../checkers/checker.ts';
import { Judge } from '../checkers/judge.ts';
import type { Run } from '../github/state.ts';
import { type SimpleJob, workflowOf } from '../github/workflow/workflow-of.ts';
import { type Tamper, World } from '../world/world.ts';

export interface Day {
  findings: readonly Finding[];
  world: World;
}

export async function runSmallDay(tamper: Tamper = {}): Promise<Day> {
  const world = new World({ seed: 20, database: createMemoryDatabase(), tamper, alerts: true });
  const judge = new Judge(world, allCheckers());
  world.addOrganization('acme', ['app', 'lib']);
  world.addOrganization('globex', ['app']);
  await world.addHost({ name: 'shared', facts: { arch: 'x64', cpus: 8, memoryMib: 12 * 1024 } });
  await world.addHost({
    name: 'dedicated',
    facts: { arch: 'x64', cpus: 16, memoryMib: 32 * 1024 },
    owners: ['globex'],
  });
  spoil(world);
  world.start();
  await pass(world, judge, seconds(10));
  const hopeless = morning(world);
  await pass(world, judge, minutes(15));
  await afternoon(world, judge);
  await pass(world, judge, minutes(10));
  world.github.cancel(hopeless);
  await evening(world, judge);
  await pass(world, judge, minutes(20));
  await judge.look('end');
  return { findings: judge.findings, world };
}

/** The weather of the morning, the same each time. */
function spoil({ weather, github }: World): void {
  let deliveries = 0;
  github.world.faults.delivery = () => {
    deliveries += 1;
    return deliveries % 5 === 0 ? { kind: 'lost' } : { kind: 'deliver' };
  };
  const guests = new Set<VmId>();
  weather.guest = (_host, vm) => {
    guests.add(vm);
    return [...guests].indexOf(vm) === 2 ? { boot: 'panics' } : {};
  };
  let works = 0;
  weather.work = () => {
    works += 1;
    return {
      durationMs: works % 4 === 0 ? minutes(3) : seconds(40),
      conclusion: works % 3 === 0 ? 'failure' : 'success',
    };
  };
}

/** @returns the run whose job no host can do */
function morning(world: World): Run {
  push(world, 'acme/app', [{ key: 'test', labels: ['bellows-2cpu-4gb'], width: 5, failFast: false }]);
  push(world, 'acme/lib', [
    { key: 'build', labels: ['bellows-1cpu-2gb'] },
    { key: 'ship', labels: ['bellows-1cpu-2gb'], needs: ['build'] },
  ]);
  push(world, 'globex/app', [{ key: 'all', labels: ['bellows-4cpu-8gb'], width: 4, failFast: false }]);
  return push(world, 'acme/lib', [{ key: 'train', labels: ['bellows-1cpu-2gb', 'gpu'] }]);
}

/** A run that is cancelled while its VMs boot and are registered already, and one that is more than fits at once. */
async function afternoon(world: World, judge: Judge): Promise<void> {
  const regretted = push(world, 'acme/lib', [{ key: 'oops', labels: ['bellows-1cpu-4gb'], width: 2 }]);
  await pass(world, judge, seconds(1));
  world.github.cancel(regretted);
  push(world, 'acme/app', [{ key: 'wide', labels: ['bellows-1cpu-2gb'], width: 8, failFast: false }]);
}

/** Both hosts are cut off when their work is done, the second half a minute later. */
async function evening(world: World, judge: Judge): Promise<void> {
  await pass(world, judge, minutes(2));
  const cut = new Set(['shared']);
  world.weather.isCut = (host) => cut.has(host);
  await pass(world, judge, seconds(30));
  cut.add('dedicated');
  await pass(world, judge, minutes(5));
  world.weather.isCut = () => false;
}

const push = (world: World, repository: string, jobs: readonly SimpleJob[]): Run =>
  world.github.start({ repository, workflow: workflowOf('ci', jobs) });

const lookEveryMs = seconds(15);

async function pass(world: World, judge: Judge, ms: number): Promise<void> {
  const end = world.clock.now() + ms;
  while (world.clock.now() < end) {
    await world.clock.advance(Math.min(lookEveryMs, end - world.clock.now()));
    await judge.look('calm');
  }
}
