// The agent is killed, or a port call fails, at every call that it makes in a VM's life, before and after the effect. Whatever
// the point: the job runs once, its story is told whole and once, and nothing is left.

import { describe, expect, it } from 'vitest';
import { AgentWorld, jitSecret, testVm } from '../../test/support/agent-world.ts';
import { minutes } from '../domain/time.ts';
import type { PointKind } from '../sim/crash-points.ts';

const wholeLife = [
  'process-up',
  'guest-up',
  'handed',
  'runner-listening',
  'job-started',
  'job-ended',
  'runner-exited',
  'gone',
];

/** Leads one VM through its life with a disturbance at the given call; false when there is no such call any more. */
async function disturbed(call: number, kind: PointKind): Promise<AgentWorld | undefined> {
  const world = new AgentWorld();
  await world.startAgent({ call, kind });
  const first = world.lifeline;
  await world.orderWithJit({});
  let buried = false;
  const revived = async (): Promise<void> => {
    if (world.lifeline.dead) await world.startAgent();
  };
  for (let step = 0; step < 200 && !world.heard('gone'); step++) {
    await revived();
    await world.clock.advance(1000);
    if (world.heard('runner-exited') && !buried) {
      buried = true;
      world.bury(testVm);
    }
  }
  await revived();
  await world.clock.advance(minutes(1));
  return first.reached === undefined ? undefined : world;
}

async function atEveryCall(
  kind: PointKind,
  check: (world: AgentWorld, name: string) => void,
): Promise<number> {
  for (let call = 1; ; call++) {
    const world = await disturbed(call, kind);
    if (world === undefined) return call - 1;
    check(world, `${kind} at call ${call}`);
  }
}

const worked = (world: AgentWorld, name: string): void => {
  expect(world.host.leftovers(), name).toEqual([]);
  expect(world.story(), name).toEqual(wholeLife);
  expect(world.runs, name).toEqual([jitSecret]);
  expect(world.observed?.vms, name).toEqual([]);
  expect(world.observed?.events, name).toEqual([]);
};

describe('an agent that is killed', () => {
  it('before any of its calls', async () => {
    expect(await atEveryCall('crash-before', worked)).toBeGreaterThan(40);
  }, 60_000);

  it('after any of its calls', async () => {
    expect(await atEveryCall('crash-after', worked)).toBeGreaterThan(40);
  }, 60_000);
});

describe('an agent one of whose calls fails', () => {
  it('before it did anything', async () => {
    expect(await atEveryCall('fail-before', worked)).toBeGreaterThan(40);
  }, 60_000);

  it('though it was done', async () => {
    expect(await atEveryCall('fail-after', worked)).toBeGreaterThan(40);
  }, 60_000);
});
