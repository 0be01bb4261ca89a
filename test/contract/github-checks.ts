// What the control plane may expect of check runs.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkRunId } from '../../src/domain/ids.ts';
import type { CheckRunWords } from '../../src/domain/waits/wait-words.ts';
import { type Commit, type GitHub, GitHubError } from '../../src/ports/github.ts';
import type { CallFault } from '../../src/sim/github/faults.ts';
import type { SimGithub } from '../../src/sim/github/sim-github.ts';

interface Stage {
  begin(): Promise<void>;
  end(): Promise<void>;
  harness(): { github: GitHub; sim: SimGithub };
  commit(): Promise<Commit>;
}

const words: CheckRunWords = {
  externalId: 'bellows-wait 1 x',
  name: 'Bellows: x',
  ended: false,
  title: 'Waits',
  summary: 'for a host',
};

export function checksContract(name: string, stage: Stage): void {
  describe(`${name}: check runs`, () => {
    let commit: Commit;
    beforeEach(async () => {
      await stage.begin();
      commit = await stage.commit();
    });
    afterEach(() => stage.end());
    const show = (said: CheckRunWords, known?: number) =>
      stage.harness().github.showCheckRun(commit, said, known === undefined ? undefined : checkRunId(known));
    const all = () => [...stage.harness().sim.world.state.checkRuns.values()];
    const failOnce = (isMeant: (operation: string) => boolean, fault: CallFault): void => {
      let left = 1;
      stage.harness().sim.world.faults.call = (operation) =>
        isMeant(operation) && left-- > 0 ? fault : { kind: 'none' };
    };

    it('are made once, said anew, and ended neutral', async () => {
      const made = await show(words);
      if (made.kind !== 'shown') throw new Error(made.kind);
      expect(all()).toMatchObject([{ id: made.id, status: 'queued', title: 'Waits', headSha: commit.sha }]);
      expect(await show({ ...words, title: 'Waits on' }, made.id)).toEqual(made);
      expect(await show({ ...words, ended: true, title: 'Over' }, made.id)).toEqual(made);
      expect(all()).toMatchObject([{ status: 'completed', conclusion: 'neutral', title: 'Over' }]);
    });

    it('are found again while they are open, when nobody knows their id', async () => {
      const made = await show(words);
      expect(await show({ ...words, title: 'Again' })).toEqual(made);
      expect(all()).toMatchObject([{ title: 'Again' }]);
      await show({ ...words, externalId: 'bellows-wait 2 x' });
      expect(all()).toHaveLength(2);
      await show({ ...words, ended: true });
      await show(words);
      expect(all()).toHaveLength(3);
    });

    it('are not made to be ended', async () => {
      expect(await show({ ...words, ended: true })).toEqual({ kind: 'absent' });
      expect(all()).toEqual([]);
      const made = await show(words);
      expect(await show({ ...words, ended: true })).toEqual(made);
      expect(all()).toMatchObject([{ status: 'completed', conclusion: 'neutral' }]);
      expect(await show({ ...words, ended: true })).toEqual({ kind: 'absent' });
    });

    it('are made once though the answer was lost', async () => {
      failOnce((operation) => operation.startsWith('POST') && /check-runs/.test(operation), {
        kind: 'lost-answer',
      });
      await expect(show(words)).rejects.toThrow(GitHubError);
      expect(await show(words)).toEqual({ kind: 'shown', id: all()[0]?.id });
      expect(all()).toHaveLength(1);
    });

    it('are refused without the permission, and on a commit that is not there', async () => {
      commit = { ...commit, sha: 'f'.repeat(40) };
      expect(await show(words)).toMatchObject({ kind: 'refused' });
      delete stage.harness().sim.world.app.permissions.checks;
      expect(await show(words)).toEqual({
        kind: 'refused',
        reason: expect.stringContaining('Resource not accessible by integration'),
      });
      expect(await show(words, 1)).toMatchObject({ kind: 'refused' });
    });

    it('wait for a limit', async () => {
      failOnce((operation) => /check-runs/.test(operation), {
        kind: 'refused',
        status: 403,
        retryAfterSeconds: 60,
      });
      await expect(show(words)).rejects.toMatchObject({ kind: 'rate-limited' });
    });
  });
}
