import { describe, expect, test } from 'vitest';
import { createMemoryDatabase } from '../../adapters/store-memory/memory-store.ts';
import { minutes, seconds } from '../../domain/time.ts';
import { World } from './world.ts';

const workflow = `
on: push
jobs:
  build:
    runs-on: bellows-2cpu-4gb
    strategy:
      matrix:
        n: [1, 2, 3]
    steps:
      - run: make
`;

async function run(seed: number, servers = 1) {
  const world = new World({ seed, database: createMemoryDatabase(), servers });
  const lines: string[] = [];
  world.trace.onLine((line) => lines.push(line));
  world.addOrganization('acme', ['app']);
  await world.addHost({ name: 'h1', facts: { arch: 'x64', cpus: 8, memoryMib: 16384 } });
  world.start();
  await world.clock.advance(seconds(5));
  await world.github.push({ repository: 'acme/app', workflowYaml: workflow });
  await world.clock.advance(minutes(20));
  return { world, lines };
}

describe('the world', () => {
  test('runs the jobs of a push with the production control plane and the production agent', async () => {
    const { world } = await run(1);
    const jobs = [...world.github.world.state.jobs.values()];
    expect(jobs.map(({ conclusion }) => conclusion)).toEqual(['success', 'success', 'success']);
    expect(world.hosts[0]?.host.leftovers()).toEqual([]);
    const vms = await world.store.transaction((tx) => tx.vms.list({}, 100));
    expect(vms.map(({ state }) => state)).toEqual(['gone', 'gone', 'gone']);
  });

  test('gives the same trace for the same seed, byte for byte', async () => {
    const first = await run(7, 2);
    const second = await run(7, 2);
    expect(second.lines).toEqual(first.lines);
    expect(second.world.trace.digest()).toBe(first.world.trace.digest());
  });
});
