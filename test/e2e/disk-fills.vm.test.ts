// The host's disk fills while a guest writes: its own disk answers with errors, the job ends and says so, its VM goes, and the
// host takes the next job.

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import { logOf } from '../../src/sim/github/job-log.ts';
import type { ApiJob } from '../../src/wire/api/jobs.ts';
import { hasProgram, makeProduct, type Product, repository } from '../support/product.ts';
import { type Program, waitFor } from '../support/program.ts';
import { testImage } from '../support/test-image.ts';

const run = promisify(execFile);
const needs = 'qemu-system-x86_64';
const asRoot = process.getuid?.() === 0;
/** A little more than what must be free for a new VM, so that one fills it soon. */
const agentDiskMib = 1100;
const jobMs = 400_000;

describe.skipIf(!hasProgram(needs) || !asRoot)(
  `a disk that fills under a guest (needs ${needs} and root)`,
  () => {
    let product: Product;
    let agent: Program;

    beforeAll(async () => {
      product = await makeProduct({ image: (await testImage()).digest });
      await mkdir(product.agentFolder);
      await run('mount', ['-t', 'tmpfs', '-o', `size=${agentDiskMib}m`, 'none', product.agentFolder]);
      await product.startServer({ BELLOWS_DEFAULT_DISK_GB: '4' });
      agent = await product.startAgent();
    }, 900_000);
    afterAll(async () => {
      await product?.stop(async () => void (await run('umount', ['--lazy', product.agentFolder])));
    });

    /** Pushes a commit with one job and waits until it is over and its VM is gone. */
    const ended = async (step: string): Promise<ApiJob> => {
      const pushed = await product.github.push({
        repository,
        workflowYaml: `on: push\njobs: {build: {runs-on: bellows-1cpu-1gb, steps: [{run: '${step}'}]}}`,
      });
      const id = Number(pushed.jobs[0]?.id);
      return waitFor(
        `job ${id} to be done and every VM gone`,
        async () => {
          const seen = await product.look();
          const job = seen?.jobs.find((one) => one.id === id);
          return job?.state === 'done' && seen?.vms.every(({ state }) => state === 'gone') ? job : undefined;
        },
        jobMs,
      );
    };
    const logFor = ({ id }: ApiJob): string => {
      const job = product.github.world.state.jobs.get(jobId(id));
      return (job === undefined ? undefined : logOf(job)) ?? '';
    };

    it('ends the job, not the host', { timeout: 2 * jobMs }, async () => {
      const filled = await ended('sudo dd if=/dev/zero of=/root/ballast bs=1M count=1500 conv=fsync');
      expect(filled.conclusion).toBe('failure');
      expect(logFor(filled)).toContain('Input/output error');
      expect(await product.bellows('events', String(filled.id))).toMatchObject({
        events: expect.arrayContaining([
          expect.objectContaining({ event: 'agent-watchdog', data: { finding: 'host-disk-full' } }),
        ]),
      });
      expect(await agent.output()).toContain('is full: free some space there');
      expect(await product.leftovers()).toEqual([]);
      const next = await ended('echo went through');
      expect(next.conclusion).toBe('success');
      expect(logFor(next)).toContain('went through');
    });
  },
);
