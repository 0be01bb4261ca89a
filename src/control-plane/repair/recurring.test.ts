import { describe, expect, it } from 'vitest';
import { ControlPlaneWorld } from '../../../test/support/control-plane-world.ts';
import { after, minutes, seconds } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type { Task } from '../../ports/store.ts';
import { taskRunner } from '../task-loop.ts';
import type { RepairLoop } from './loop.ts';
import { recurringStep, runRecurring } from './recurring.ts';

/** A world whose own control plane has died: only what the test starts runs. */
async function stage() {
  const world = new ControlPlaneWorld();
  const { deps } = world;
  world.crash();
  const store = world.store;
  const rows = async (): Promise<readonly Task[]> =>
    (await store.transaction((tx) => tx.tasks.list(100))).filter(({ what }) => what.kind === 'repair');
  const due = async (): Promise<readonly number[]> =>
    (await rows()).map(({ dueAt }) => (dueAt - world.clock.now()) / 1000);
  return { world, deps: { ...deps, store }, rows, due };
}
const redeliverEvery = (nextInMs: number, run: () => void = () => {}): RepairLoop => ({
  kind: 'redeliver',
  run: async () => {
    run();
    return { mended: [], nextInMs };
  },
});

describe('a repair loop', () => {
  it('is due at once when a process starts, and later on only if its row is missing', async () => {
    const { deps, due, world } = await stage();
    const step = recurringStep(deps);
    expect(await step()).toBe(minutes(10));
    const first = await due();
    expect(first.every((seconds) => seconds <= 0)).toBe(true);
    await world.clock.advance(minutes(10));
    await step();
    expect(await due()).toEqual(first.map((dueIn) => dueIn - 600));
  });

  it('says itself when it is due again, and has one row however often it is run', async () => {
    const { deps, due } = await stage();
    let runs = 0;
    const loop = redeliverEvery(seconds(90), () => {
      runs += 1;
    });
    await runRecurring(deps, 'redeliver', [loop]);
    await runRecurring(deps, 'redeliver', [loop]);
    expect(runs).toBe(2);
    expect(await due()).toContain(90);
    expect((await due()).length).toBe(1);
  });

  it('of a newer version is passed over', async () => {
    const { deps, due } = await stage();
    const before = await due();
    await runRecurring(deps, 'poll', []);
    expect(await due()).toEqual(before);
  });

  it.each([
    ['fails comes again within a minute, however often it failed', undefined, 60],
    ['meets a limit comes again when GitHub said', minutes(7), 420],
  ])('that %s', async (_, limitMs, latest) => {
    const { deps, rows, due, world } = await stage();
    await deps.store.transaction((tx) =>
      tx.tasks.enqueue({ kind: 'repair', loop: 'redeliver' }, world.clock.now()),
    );
    deps.hook = {
      deliveries: async () => {
        const retryAt = limitMs === undefined ? {} : { retryAt: after(world.clock.now(), limitMs) };
        const kind = limitMs === undefined ? 'unavailable' : 'rate-limited';
        throw new GitHubError('no answer', { kind, ...retryAt });
      },
      redeliver: async () => 'asked',
    };
    const runner = taskRunner(deps, () => {});
    for (let round = 0; round < 12; round += 1) {
      await runner.step();
      await runner.settled();
      if (limitMs === undefined) await world.clock.advance(minutes(1));
    }
    const [dueIn] = (await due()).slice(-1);
    const [row] = (await rows()).slice(-1);
    expect(row?.lastError).toBe('no answer');
    if (limitMs === undefined) {
      expect(row?.attempts).toBeGreaterThan(10);
      expect(dueIn).toBeLessThanOrEqual(latest);
    } else expect(dueIn).toBe(latest);
  });
});

it('a task of a process that died is taken over, and that is a repair', async () => {
  const { deps, world } = await stage();
  const { store, clock } = deps;
  await store.transaction((tx) => tx.tasks.enqueue({ kind: 'place' }, clock.now()));
  const claim = { owner: 'dead', now: clock.now(), limit: 100, retryAt: () => clock.now() };
  await store.transaction((tx) => tx.tasks.claim({ ...claim, leaseUntil: clock.now() }));
  await world.clock.advance(seconds(31));
  const runner = taskRunner(deps, () => {});
  await runner.step();
  await runner.settled();
  const repairs = await store.transaction((tx) =>
    tx.repairs.list({ kinds: ['task-taken-over'] }, { limit: 100 }),
  );
  expect(repairs).toContainEqual(
    expect.objectContaining({ subject: { kind: 'task', id: 'place' }, data: { from: 'dead' } }),
  );
  expect(repairs[0]).not.toHaveProperty('owner');
});
