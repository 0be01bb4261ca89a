import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { runnerName } from '../../domain/ids.ts';
import { minutes } from '../../domain/time.ts';
import { runInProcess } from './in-process-runner.ts';
import { seededRandom, stage } from './stage.ts';
import { workflowOf } from './workflow/workflow-of.ts';

const workflow = `on: push
jobs:
  a:
    runs-on: x
    strategy: {matrix: {n: [1, 2, 3]}}
    steps: [{run: x}]
  b: {needs: a, runs-on: x, steps: [{run: x}]}
`;

/** Everything that a life with faults by chance shows, as text. */
async function history(seed: string): Promise<string> {
  const random = seededRandom(seed);
  const scene = stage({
    random,
    beliefs: { queueOrder: 'any' },
    faults: {
      delivery: () =>
        random.fraction() < 0.3
          ? { kind: 'double', afterMs: 500 }
          : { kind: 'delay', ms: random.fraction() * 9000 },
    },
  });
  const arrived: string[] = [];
  scene.github.onDelivery(async ({ headers, body }) => {
    arrived.push(`${scene.clock.now()} ${headers['x-github-delivery']} ${body}`);
    return { status: random.fraction() < 0.5 ? 202 : 500 };
  });
  await scene.push(workflow);
  for (let n = 0; n < 4; n++) {
    scene.start(scene.register(`r${n}`, ['x']), () => ({
      durationMs: random.fraction() * 60_000,
      conclusion: 'success',
    }));
  }
  await scene.pass(minutes(30));
  scene.github.close();
  const log = scene.github.world.deliveries.list({ perPage: 1000, cursor: undefined });
  return [...arrived, JSON.stringify(log)].join('\n');
}

/** What comes to be in `act` that Node would have to wait for, by its names. */
async function resourcesOf(act: () => Promise<void>): Promise<Set<string>> {
  const inside = new AsyncLocalStorage<true>();
  const kinds = new Set<string>();
  const hook = createHook({
    init(_id, kind) {
      if (inside.getStore()) kinds.add(kind);
    },
  });
  hook.enable();
  await inside.run(true, act);
  hook.disable();
  return kinds;
}

describe('the simulated GitHub', () => {
  it('waits for nothing but promises and its clock', async () => {
    const flow = workflowOf('ci', [{ key: 'a', labels: ['x'], width: 3 }]);
    const kinds = await resourcesOf(async () => {
      const scene = stage({ faults: { delivery: () => ({ kind: 'double', afterMs: 10 }) } });
      const { api, scope, read } = scene.api();
      const run = scene.github.start({ repository: 'acme/app', workflow: flow });
      for (let n = 0; n < 3; n += 1) {
        const made = await api.registerRunner(scope, runnerName(`r${n}`), ['x']);
        if (made.kind === 'registered') {
          const { clock, github } = scene;
          const work = () => ({ durationMs: minutes(5), conclusion: 'success' as const });
          const signal = new AbortController().signal;
          void runInProcess({ github, clock, jitConfig: made.jitConfig.reveal(), work, signal });
        }
      }
      await scene.pass(minutes(10));
      for (const job of run.jobs) expect(await read(job)).toMatchObject({ conclusion: 'success' });
    });
    expect([...kinds].filter((kind) => !['PROMISE', 'TickObject', 'Microtask'].includes(kind))).toEqual([]);
    expect(kinds).toContain('PROMISE');
  });

  it('notices what else waits', async () => {
    const kinds = await resourcesOf(() => new Promise((resolve) => setTimeout(resolve, 0)));
    expect(kinds).toContain('Timeout');
  });

  it('does the same for the same seed, and something else for another', async () => {
    const first = await history('a');
    expect(first.length).toBeGreaterThan(10_000);
    expect(await history('a')).toBe(first);
    expect(await history('b')).not.toBe(first);
  });

  it('leaves nothing on the clock when it is closed', async () => {
    const scene = stage();
    await scene.push(workflow);
    scene.register('r', ['x']);
    expect(scene.clock.sleeping).toBeGreaterThan(0);
    scene.github.close();
    await scene.pass();
    expect(scene.clock.sleeping).toBe(0);
  });

  it('leaves nothing on the clock when all its jobs have ended', async () => {
    const scene = stage();
    const run = await scene.push(workflow);
    for (let n = 0; n < 4; n++) scene.start(scene.register(`r${n}`, ['x']));
    await scene.pass(minutes(3));
    expect(run.conclusion).toBe('success');
    expect(scene.clock.sleeping).toBe(0);
  });
});
