import { describe, expect, it } from 'vitest';
import { minutes } from '../../domain/time.ts';
import { seededRandom, stage } from './stage.ts';

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

describe('the simulated GitHub', () => {
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
