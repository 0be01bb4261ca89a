import { expect, it } from 'vitest';
import { ControlPlaneWorld } from '../../../test/support/control-plane-world.ts';
import { matrixOf } from '../../../test/support/workflows.ts';
import { days, minutes, seconds } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type { RepairLoop } from './loop.ts';
import { repairNow } from './now.ts';
import { redeliver } from './redeliver.ts';

it('a repair on demand asks again for what one account has lost, and tells so', async () => {
  const world = new ControlPlaneWorld({ owners: ['*'], pollActiveMs: days(9), pollAllMs: days(9) });
  for (const account of ['acme', 'globex']) {
    if (account !== 'acme') {
      world.github.createOrganization(account);
      world.github.installApp(account);
      world.github.createRepository({ owner: account, name: 'app', private: true });
    }
    world.github.world.faults.delivery = () => ({ kind: 'lost' });
    await world.github.push({ repository: `${account}/app`, workflowYaml: matrixOf(3) });
  }
  const { deps } = world;
  world.crash();
  const alone = { ...deps, store: world.store };
  await world.clock.advance(minutes(2));
  const { mended, failed } = await repairNow(alone, { owner: 'globex' }, [redeliver]);
  expect(failed).toEqual([]);
  expect(mended.map(({ kind, owner }) => `${kind} ${owner}`)).toEqual(
    Array(3).fill('delivery-redelivered globex'),
  );
  expect(await world.store.transaction((tx) => tx.repairs.count({ owner: 'acme' }))).toMatchObject({
    'delivery-redelivered': 0,
  });
  expect((await repairNow(alone, { owner: 'globex' }, [redeliver])).mended).toEqual([]);
  expect((await repairNow(alone, {}, [redeliver])).mended).toHaveLength(3);
});

it('a loop that fails keeps no other from its work, and its reason is told', async () => {
  const world = new ControlPlaneWorld();
  await world.clock.advance(seconds(1));
  const failing: RepairLoop = {
    kind: 'poll',
    run: () => Promise.reject(new GitHubError('GitHub did not answer', { kind: 'unavailable' })),
  };
  const broken: RepairLoop = { kind: 'poll', run: () => Promise.reject(new Error('bug: x')) };
  let ran = 0;
  const next: RepairLoop = {
    kind: 'watch-hosts',
    run: async () => {
      ran += 1;
      return { mended: [], nextInMs: 1 };
    },
  };
  const report = await repairNow(world.deps, {}, [failing, next]);
  expect(report).toEqual({ mended: [], failed: [{ loop: 'poll', reason: 'GitHub did not answer' }] });
  expect(ran).toBe(1);
  await expect(repairNow(world.deps, {}, [broken])).rejects.toThrow('bug: x');
});
