import { describe, expect, it } from 'vitest';
import { AgentWorld, testVm } from '../../test/support/agent-world.ts';
import { minutes, seconds } from '../domain/time.ts';
import { linkCloseCodes } from '../ports/agent-link.ts';
import { linkUrl } from './run.ts';

async function started(): Promise<AgentWorld> {
  const world = new AgentWorld();
  await world.startAgent();
  await world.until(() => world.observed !== undefined);
  return world;
}

describe('the link', () => {
  it('leads to the control plane by WebSocket, with TLS where the address has it', () => {
    expect(linkUrl('https://bellows.example')).toBe('wss://bellows.example/api/bellows/v1/agent');
    expect(linkUrl('http://127.0.0.1:8765/')).toBe('ws://127.0.0.1:8765/api/bellows/v1/agent');
  });

  it('is come back to after it broke, with pauses that grow', async () => {
    const world = await started();
    expect(world.connects).toBe(1);
    world.reachable = false;
    world.socket?.close(1006, 'cable');
    await world.clock.advance(minutes(10));
    const tries = world.logged.filter((line) => line.includes('no link to the control plane')).length;
    expect(tries).toBeGreaterThan(15);
    expect(tries).toBeLessThan(60);
    world.reachable = true;
    await world.clock.advance(seconds(31));
    expect(world.connects).toBe(2);
  });

  it('is tried rarely by a host that is not welcome, since somebody has to act', async () => {
    const world = await started();
    for (let round = 0; round < 5; round++) {
      world.socket?.close(linkCloseCodes.notWelcome, 'this host is not enrolled any more');
      await world.clock.advance(seconds(29));
      expect(world.socket).toBeUndefined();
      await world.clock.advance(seconds(32));
    }
    expect(world.connects).toBe(6);
  });

  it.each([
    ['no JSON', 'hello'],
    ['no message', '{"typ":"dance"}'],
    ['a message in pieces', '{"type":"desired","vms":7}'],
    ['too large', `"${'x'.repeat(5 * 1024 * 1024)}"`],
  ])('is closed on what is %s, and opened anew', async (_name, text) => {
    const world = await started();
    world.socket?.send(text);
    await world.clock.advance(10);
    expect(world.socket).toBeUndefined();
    await world.clock.advance(seconds(31));
    expect(world.socket).toBeDefined();
  });

  it('passes over what only a newer control plane says', async () => {
    const world = await started();
    const { socket } = world;
    socket?.send('{"type":"dance","tempo":3}');
    await world.clock.advance(seconds(31));
    expect(world.socket).toBe(socket);
    expect(world.logged.filter((line) => line.includes('passed over'))).toHaveLength(1);
  });

  it('tells how the host does, read anew every half minute', async () => {
    const world = await started();
    expect(world.observed?.vitals).toMatchObject({ processors: 4, memoryBytes: 2 ** 34, kernel: 'sim' });
    world.host.diskFull = true;
    await world.clock.advance(seconds(20));
    expect(world.observed?.vitals?.diskFreeBytes).toBeGreaterThan(0);
    await world.clock.advance(seconds(20));
    expect(world.observed?.vitals?.diskFreeBytes).toBe(0);
  });

  it('carries no id that could lead out of a folder', async () => {
    const world = await started();
    world.order({ vm: '../../etc' });
    world.bury('vm-../../etc');
    await world.clock.advance(seconds(30));
    expect(world.logged.join('\n')).toContain('impossible id');
    expect(world.host.leftovers()).toEqual([]);
    expect(world.events).toEqual([]);
    world.tombstones = [];
    world.order({});
    expect(await world.until(() => world.heard('guest-up', testVm))).toBe(true);
  });
});
