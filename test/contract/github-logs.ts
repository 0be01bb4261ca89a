// What the control plane may expect of the logs of jobs.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitHub, GitHubError, type JobRef } from '../../src/ports/github.ts';
import type { SimGithub } from '../../src/sim/github/sim-github.ts';

interface Stage {
  begin(): Promise<void>;
  end(): Promise<void>;
  harness(): { github: GitHub; sim: SimGithub };
  job(): Promise<JobRef>;
}

export function logsContract(name: string, stage: Stage): void {
  describe(`${name}: the end of a log`, () => {
    let ref: JobRef;
    beforeEach(async () => {
      await stage.begin();
      ref = await stage.job();
    });
    afterEach(() => stage.end());

    /** The job is over, and this is what it printed. */
    function printed(text: string | undefined): void {
      const job = stage.harness().sim.world.state.jobs.get(ref.id);
      if (job === undefined) throw new Error('no job');
      Object.assign(job, { phase: 'completed', conclusion: 'failure', logText: text });
    }

    it('is its last whole lines, without time stamps', async () => {
      printed('2026-03-01T10:00:00.1234567Z begin\n2026-03-01T10:00:01.1234567Z end\n');
      expect(await stage.harness().github.logTail(ref, 1_000)).toEqual(['begin', 'end']);
      expect(await stage.harness().github.logTail(ref, 40)).toEqual(['end']);
    });

    it('is missing while the job goes on, when GitHub dropped it, and of a job that is not there', async () => {
      expect(await stage.harness().github.logTail(ref, 100)).toBe('missing');
      printed(undefined);
      expect(await stage.harness().github.logTail(ref, 100)).toBe('missing');
      const elsewhere = { ...ref, repository: 'Acme/none' };
      expect(await stage.harness().github.logTail(elsewhere, 100)).toBe('missing');
    });

    it('is nothing when nothing was printed', async () => {
      printed('');
      expect(await stage.harness().github.logTail(ref, 100)).toEqual([]);
    });

    it('is asked for again when no answer came, and names no address', async () => {
      printed('2026-03-01T10:00:00.1234567Z end\n');
      stage.harness().sim.world.faults.call = (operation) =>
        operation.includes('logs') ? { kind: 'lost-answer' } : { kind: 'none' };
      const error: unknown = await stage
        .harness()
        .github.logTail(ref, 100)
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(GitHubError);
      expect(error).toMatchObject({ kind: 'unavailable', message: expect.not.stringContaining('/logs/') });
    });
  });
}
