// Another image is named while jobs run: they finish on the old one, new VMs get the new one, on hosts that have it.

import { expect, test } from 'vitest';
import { imageDigest } from '../../src/domain/ids.ts';
import { minutes } from '../../src/domain/time.ts';
import type { JobWork } from '../../src/sim/github/in-process-runner.ts';
import { worldSettings } from '../../src/sim/world/settings.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { matrixOf, oneJob } from '../support/workflows.ts';

const { image: older } = worldSettings;
const newer = imageDigest(`sha256:${'2'.repeat(64)}`);
const working = (ms: number) => (): JobWork => ({ durationMs: ms, conclusion: 'success' });

test('a new image reaches new VMs host by host, and no VM that runs', async () => {
  const world = new ControlPlaneWorld();
  const hosts = [
    await world.addHost('a', 1, working(minutes(3))),
    await world.addHost('b', 1, working(minutes(3))),
  ];
  const push = (jobs: number) =>
    world.github.push({ repository: 'acme/app', workflowYaml: jobs === 1 ? oneJob() : matrixOf(jobs) });
  await push(2);
  const busy = async () => (await world.vms()).filter(({ state }) => state === 'busy').length;
  expect(await world.until(async () => (await busy()) === 2, minutes(2))).toBe(true);
  world.crash();
  world.start({ image: newer });
  await push(1);
  expect(
    await world.until(
      async () => (await world.jobs()).filter(({ state }) => state === 'done').length === 2,
      minutes(6),
    ),
  ).toBe(true);
  const old = (await world.vms()).filter(({ image }) => image === older);
  expect(old.map(({ job }) => job)).toHaveLength(2);
  await world.clock.advance(minutes(2));
  expect((await world.jobs()).map(({ waitingFor }) => waitingFor).filter(Boolean)).toEqual([
    'no host has image sha256:222222222222',
  ]);

  hosts[1]?.offerImages([older, newer]);
  expect(
    await world.until(async () => (await world.jobs()).every(({ state }) => state === 'done'), minutes(8)),
  ).toBe(true);
  const [last] = (await world.vms()).filter(({ image }) => image === newer);
  expect(last?.host).toBe('host-b');
  expect(hosts.map(({ started }) => started.length)).toEqual([1, 2]);
  for (const job of await world.jobs()) expect(job.knowledge.completed?.conclusion).toBe('success');
});
