import { expect, it } from 'vitest';
import { ControlPlaneWorld } from '../../test/support/control-plane-world.ts';
import { acme, aHost, numberedVm, toStarting } from '../domain/domain.fixture.ts';
import { runnerName, vmId } from '../domain/ids.ts';
import { after, between, minutes, seconds } from '../domain/time.ts';
import { GitHubError } from '../ports/github.ts';
import { taskRunner } from './task-loop.ts';

const numbers = [1, 2, 3, 4, 5, 6, 7, 8];

it('tasks that one limit turned away come back one after the other', async () => {
  const world = new ControlPlaneWorld();
  const { store, clock, deps: whole } = world;
  world.crash();
  const retryAt = after(clock.now(), minutes(1));
  const findRunner = () => Promise.reject(new GitHubError('too much', { kind: 'rate-limited', retryAt }));
  const deps = { ...whole, store, github: { ...whole.github, findRunner } };
  await store.transaction(async (tx) => {
    for (const number of numbers) {
      const vm = vmId(`vm-00000000000${number}`);
      const name = runnerName(`bellows-x-${number}`);
      await tx.tasks.enqueue({ kind: 'forget-runner', vm, scope: acme, runnerName: name }, clock.now());
    }
  });
  const runner = taskRunner(deps, () => {});
  await runner.step();
  await runner.settled();
  const tasks = await store.transaction((tx) => tx.tasks.list(100));
  const waits = tasks
    .filter(({ what }) => what.kind === 'forget-runner')
    .map(({ dueAt }) => between(retryAt, dueAt));
  expect(new Set(waits).size).toBe(numbers.length);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...waits)).toBeLessThan(minutes(0.25));
});

it.each([
  ['a registration, for which a booted VM waits,', 'register-runner', 15],
  ['anything else', 'forget-runner', 900],
] as const)(
  '%s is tried again ever more rarely, at the latest after so long',
  async (_what, kind, longestS) => {
    const world = new ControlPlaneWorld();
    const { store, clock, deps: whole } = world;
    world.crash();
    const noAnswer = () => Promise.reject(new GitHubError('no answer', { kind: 'unavailable' }));
    const deps = {
      ...whole,
      store,
      github: { ...whole.github, findRunner: noAnswer, registerRunner: noAnswer },
    };
    const vm = numberedVm(1, toStarting);
    const what =
      kind === 'register-runner'
        ? { kind, vm: vm.id }
        : { kind, vm: vm.id, scope: acme, runnerName: vm.runnerName };
    await store.transaction(async (tx) => {
      await tx.hosts.insert(aHost('a'));
      await tx.vms.insert(vm);
      await tx.tasks.enqueue(what, clock.now());
    });
    const runner = taskRunner(deps, () => {});
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await runner.step();
      await runner.settled();
      const tasks = await store.transaction((tx) => tx.tasks.list(100));
      const dueAt = tasks.find((task) => task.what.kind === kind)?.dueAt ?? clock.now();
      pauses.push(between(clock.now(), dueAt));
      await clock.advance(between(clock.now(), dueAt));
    }
    expect(pauses.slice(0, 3)).toEqual([2, 4, 8].map((s) => seconds(s)));
    expect(pauses.at(-1)).toBe(seconds(longestS));
  },
);
