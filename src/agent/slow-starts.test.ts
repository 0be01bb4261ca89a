// A VMM that takes its time. An agent that no longer waits for a start has called it off: otherwise the process comes up when
// the VM's memory is promised to another one, or when the VM was told gone.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentWorld, idleRunner, testVm } from '../../test/support/agent-world.ts';
import { vmId } from '../domain/ids.ts';
import { minutes, seconds } from '../domain/time.ts';
import { SeededRandom } from '../sim/seeded-random.ts';

interface Slow {
  world: AgentWorld;
  /** The VMs whose process came up, in that order. */
  ups: string[];
}

/** @param startMs of the first start, the second and so on; the last one counts for all that follow. */
async function slowHost(...startMs: number[]): Promise<Slow> {
  const ups: string[] = [];
  const next = startMs.values();
  const world = new AgentWorld({
    runner: () => idleRunner,
    host: {
      startMs: () => next.next().value ?? startMs.at(-1) ?? 0,
      observe: (event) => {
        if (event.kind === 'vm-started') ups.push(event.vm);
      },
    },
  });
  await world.startAgent();
  await world.until(() => world.socket !== undefined);
  return { world, ups };
}

describe('a start that takes too long', () => {
  it('is called off and begun anew, and the guest has its whole time to boot', async () => {
    const { world, ups } = await slowHost(seconds(45), seconds(25), 40);
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('runner-listening'))).toBe(true);
    expect(world.logged.join('\n')).toContain('took longer than 30 s');
    await world.clock.advance(minutes(1));
    expect(ups).toEqual([testVm]);
    expect(world.kinds()).not.toContain('failed');
    expect(world.events.map(({ event }) => event)).not.toContainEqual(
      expect.objectContaining({ phase: 'boot-again' }),
    );
  });

  it('comes up no more when the VM was stopped meanwhile', async () => {
    const { world, ups } = await slowHost(seconds(45));
    await world.orderWithJit({});
    await world.clock.advance(seconds(29));
    world.bury(testVm, 'never-registered');
    expect(await world.until(() => world.heard('gone'), seconds(10))).toBe(true);
    expect(world.host.leftovers()).toEqual([]);
    await world.clock.advance(minutes(2));
    expect(ups).toEqual([]);
    expect(world.host.leftovers()).toEqual([]);
  });

  it('three times is a failure of the host', async () => {
    const { world, ups } = await slowHost(seconds(45));
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('gone'), minutes(3))).toBe(true);
    expect(world.event('failed')).toMatchObject({
      reason: expect.stringMatching(/starting the VM failed 3 times: start of .* took longer than 30 s/),
      owner: 'host',
    });
    await world.clock.advance(minutes(2));
    expect(ups).toEqual([]);
    expect(world.host.leftovers()).toEqual([]);
  });
});

describe('a start that its agent did not live to see', () => {
  it('is seen by the next agent, and not made twice', async () => {
    const { world, ups } = await slowHost(seconds(20));
    await world.orderWithJit({});
    await world.clock.advance(seconds(5));
    world.killAgent();
    await world.startAgent();
    expect(await world.until(() => world.heard('runner-listening'))).toBe(true);
    expect(ups).toEqual([testVm]);
  });

  it.each(['with its journal', 'without its journal'])('is ended by the next agent %s', async (which) => {
    const { world, ups } = await slowHost(seconds(40));
    await world.orderWithJit({});
    await world.clock.advance(seconds(5));
    world.killAgent();
    if (which === 'without its journal') world.journal.wipe();
    world.bury(testVm, 'never-registered');
    await world.startAgent();
    expect(await world.until(() => world.heard('gone'), seconds(60))).toBe(true);
    expect(world.host.leftovers()).toEqual([]);
    await world.clock.advance(minutes(2));
    expect(ups).toEqual([]);
    expect(world.host.leftovers()).toEqual([]);
  });
});

it('whatever is slow, killed or buried when: one process for each VM, and nothing after gone', async () => {
  const deed = fc.record({
    afterMs: fc.integer({ min: 0, max: seconds(40) }),
    what: fc.constantFrom('order', 'bury', 'kill', 'crash', 'nothing'),
    which: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(deed, { minLength: 3, maxLength: 12 }),
      fc.integer({ min: 1 }),
      async (deeds, seed) => {
        const dice = new SeededRandom(seed);
        const alive = new Set<string>();
        const wrong: string[] = [];
        const world: AgentWorld = new AgentWorld({
          runner: () => idleRunner,
          host: {
            startMs: () => Math.floor(dice.fraction() * seconds(60)),
            observe: (event) => {
              if (event.kind === 'vm-started') {
                if (alive.has(event.vm)) wrong.push(`${event.vm} has two processes`);
                if (world.heard('gone', event.vm)) wrong.push(`${event.vm} came up after it was gone`);
                alive.add(event.vm);
              }
              if (event.kind === 'vm-ended') alive.delete(event.vm);
            },
          },
        });
        await world.startAgent();
        await world.until(() => world.socket !== undefined);
        await world.orderWithJit({}, {}, {});
        for (const { afterMs, what, which } of deeds) {
          await world.clock.advance(afterMs);
          const vm = vmId(`vm-00000000000${which}`);
          if (what === 'order') world.push();
          if (what === 'bury') world.bury(vm, 'never-registered');
          if (what === 'crash') world.host.crash(vm);
          if (what === 'kill') {
            world.killAgent();
            await world.startAgent();
          }
        }
        for (const { vm } of [...world.vms]) world.bury(vm, 'operator-force');
        const vms = [1, 2, 3].map((which) => vmId(`vm-00000000000${which}`));
        const everybodyGone = () => vms.every((vm) => world.heard('gone', vm));
        expect(await world.until(everybodyGone, minutes(5))).toBe(true);
        expect(world.host.leftovers()).toEqual([]);
        await world.clock.advance(minutes(3));
        expect(world.host.leftovers()).toEqual([]);
        expect(wrong).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
