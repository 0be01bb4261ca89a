import { expect, it } from 'vitest';
import { ControlPlaneWorld } from '../../test/support/control-plane-world.ts';
import { acme } from '../domain/domain.fixture.ts';
import { runnerName, vmId } from '../domain/ids.ts';
import { after, between, minutes } from '../domain/time.ts';
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
