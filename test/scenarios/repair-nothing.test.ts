// A book that fills up while all is well hides what is not.

import { expect, test } from 'vitest';
import { minutes, seconds } from '../../src/domain/time.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { matrixOf } from '../support/workflows.ts';

test('when every webhook comes, if a few seconds late, nothing is mended and no job is read by itself', async () => {
  const world = new ControlPlaneWorld();
  world.github.world.faults.delivery = () => ({ kind: 'delay', ms: seconds(3) });
  const reads: string[] = [];
  world.github.world.faults.call = (operation) => {
    if (operation === 'GET job') reads.push(operation);
    return { kind: 'none' };
  };
  await world.addHost('one', 4, () => ({ durationMs: minutes(2), conclusion: 'success' }));
  await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(8) });
  await world.clock.advance(minutes(20));
  expect((await world.jobs()).map(({ state }) => state)).toEqual(Array(8).fill('done'));
  expect(await world.store.transaction((tx) => tx.repairs.list({}, { limit: 10 }))).toEqual([]);
  expect(reads).toEqual([]);
});
