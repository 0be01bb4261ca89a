// What the control plane may expect of GitHub's book of deliveries.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstallationId, RepositoryId } from '../../src/domain/ids.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { DeliveryAttempt, GitHubHook } from '../../src/ports/github-hook.ts';
import type { SimGithub } from '../../src/sim/github/sim-github.ts';

/** Where the suite plays; `about` is an installation and a repository of it. */
interface Stage {
  begin(): Promise<void>;
  end(): Promise<void>;
  harness(): { hook: GitHubHook; sim: SimGithub; clock: Clock };
  about(): { installationId: InstallationId; repositoryId: RepositoryId };
  eventually(isSo: () => Promise<boolean>): Promise<void>;
}

export function deliveriesContract(name: string, stage: Stage): void {
  describe(`${name}: the deliveries of its webhook`, () => {
    beforeEach(() => stage.begin());
    afterEach(() => stage.end());

    /** Deliveries that reach nobody, and all that GitHub lists of them. */
    async function emit(count: number): Promise<void> {
      for (let n = 0; n < count; n += 1) {
        stage.harness().sim.world.deliveries.emit({
          event: 'star',
          action: 'created',
          ...stage.about(),
          body: `{"n":${n}}`,
        });
      }
      await stage.eventually(
        async () => (await listAll()).filter(({ event }) => event === 'star').length === count,
      );
    }
    async function listAll(): Promise<DeliveryAttempt[]> {
      const all: DeliveryAttempt[] = [];
      let cursor: string | undefined;
      do {
        const page = await stage.harness().hook.deliveries(cursor);
        all.push(...page.attempts);
        cursor = page.next;
      } while (cursor !== undefined);
      return all;
    }

    it('are listed by the page, newest first, each once', async () => {
      await emit(105);
      const first = await stage.harness().hook.deliveries();
      expect(first.attempts).toHaveLength(100);
      expect(first.next).toBeDefined();
      const all = await listAll();
      const ids = all.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
      expect(all[0]).toMatchObject({
        event: 'star',
        installation: stage.about().installationId,
        redelivery: false,
        statusCode: 0,
      });
      expect(all[0]?.deliveredAt).toBeLessThanOrEqual(stage.harness().clock.now());
    });

    it('are made again under the same GUID, when somebody asks', async () => {
      await emit(1);
      const [lost] = await listAll();
      if (lost === undefined) throw new Error('no delivery');
      expect(await stage.harness().hook.redeliver(lost.id)).toBe('asked');
      await stage.eventually(async () => (await listAll()).some(({ id }) => id > lost.id));
      const [again] = await listAll();
      expect(again).toMatchObject({ guid: lost.guid, redelivery: true, event: 'star' });
    });

    it('that GitHub does not know are too old', async () => {
      expect(await stage.harness().hook.redeliver(123_456_789)).toBe('too-old');
    });
  });
}
