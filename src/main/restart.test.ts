import { expect, it } from 'vitest';
import { restartSwitch } from './restart.ts';

it('an order ends the agent of a service, and there is none without one', async () => {
  expect(restartSwitch({}).order).toBeUndefined();
  const { order, told } = restartSwitch({ INVOCATION_ID: '1' });
  order?.({ reboot: true });
  order?.({ reboot: false });
  expect(await told).toEqual({ reboot: true });
});
