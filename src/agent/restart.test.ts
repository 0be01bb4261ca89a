import { expect, it } from 'vitest';
import { AgentWorld } from '../../test/support/agent-world.ts';

const linked = async (isService: boolean): Promise<AgentWorld> => {
  const world = new AgentWorld({});
  world.isService = isService;
  await world.startAgent();
  await world.until(() => world.socket !== undefined);
  return world;
};

it('an agent that a service manager watches over ends when an operator wants it, after it has said so', async () => {
  const world = await linked(true);
  world.say({ type: 'restart', request: 'r', reboot: false });
  await world.clock.advance(100);
  world.say({ type: 'restart', request: 's', reboot: true });
  await world.clock.advance(100);
  expect(world.restartAnswers).toEqual(['yes', 'yes']);
  expect(world.restarts).toEqual([{ reboot: false }, { reboot: true }]);
});

it('one that was started by hand goes on, and says why', async () => {
  const world = await linked(false);
  world.say({ type: 'restart', request: 'r', reboot: true });
  await world.clock.advance(100);
  expect(world.restartAnswers).toEqual([expect.stringContaining('started by hand')]);
  expect(world.restarts).toEqual([]);
});
