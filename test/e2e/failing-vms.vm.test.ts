// VMs that come to nothing, on real parts: an image that is not there, one that is damaged, a kernel that panics, a host's disk
// that is full. Each time the user is told why and by whom it is to be mended, the job stays queued, and nothing is left.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageStore } from '../../src/adapters/image-store/image-store.ts';
import type { ApiJob } from '../../src/wire/api/jobs.ts';
import type { ApiVm } from '../../src/wire/api/vms.ts';
import { hasProgram, makeProduct, type Product, repository } from '../support/product.ts';
import { type Program, waitFor } from '../support/program.ts';
import { testImage } from '../support/test-image.ts';

const run = promisify(execFile);
const needs = 'qemu-system-x86_64';
const asRoot = process.getuid?.() === 0;
/** A kernel panics within some seconds, and every VM may try twice. */
const twoVmsMs = 120_000;
/** A little more than the GiB that must be free for a new VM. */
const agentDiskMib = 1300;

/** Publishes an image with the real kernel and an initramfs that is none. */
async function brokenImage(cache: string, name: string): Promise<string> {
  const from = join(cache, name);
  await mkdir(from);
  await symlink((await testImage()).kernelPath, join(from, 'vmlinux'));
  await writeFile(join(from, 'initramfs'), 'not an initramfs');
  await writeFile(join(from, 'root.erofs'), `the root of ${name}`);
  const about = { recipe: '0'.repeat(64), kernelVersion: 'test' };
  return imageStore(join(cache, 'bellows/images')).publish(from, about);
}

describe.skipIf(!hasProgram(needs))(`a VM that comes to nothing (needs ${needs})`, () => {
  const missing = `sha256:${'7'.repeat(64)}`;
  let cache: string;
  let damaged: string;
  let panics: string;
  let product: Product;
  let server: Program;
  let agent: Program;

  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'bellows-e2e-images-'));
    const images = [await brokenImage(cache, 'one'), await brokenImage(cache, 'other')];
    // The damaged one comes first, and the agent starts all the same.
    [damaged = '', panics = ''] = images.sort();
    await writeFile(join(cache, 'bellows/images', damaged.slice(7), 'root.erofs'), 'something else');
    product = await makeProduct({ image: missing, cache });
    if (asRoot) {
      await mkdir(product.agentFolder);
      await run('mount', ['-t', 'tmpfs', '-o', `size=${agentDiskMib}m`, 'none', product.agentFolder]);
    }
    server = await product.startServer({ BELLOWS_DEFAULT_DISK_GB: '4' });
    agent = await product.startAgent();
  }, 900_000);
  afterAll(async () => {
    await product?.stop(async () => {
      if (asRoot) await run('umount', [product.agentFolder]);
    });
    await rm(cache, { recursive: true, force: true });
  });

  const push = async (): Promise<number> => {
    const yaml = 'on: push\njobs: {build: {runs-on: bellows-1cpu-512mb, steps: [{run: make}]}}';
    return Number((await product.github.push({ repository, workflowYaml: yaml })).jobs[0]?.id);
  };
  const startServer = async (image: string): Promise<void> => {
    await server.end();
    server = await product.startServer({ BELLOWS_IMAGE: image, BELLOWS_DEFAULT_DISK_GB: '4' });
  };
  const job = (id: number, what: string, is: (job: ApiJob) => boolean): Promise<ApiJob> =>
    waitFor(
      `job ${id} to ${what}`,
      async () => (await product.look())?.jobs.find((one) => one.id === id && is(one)),
      twoVmsMs,
    );
  /** Waits until VMs for the job have failed and are gone, oldest first. */
  const failed = (id: number, count: number): Promise<readonly ApiVm[]> =>
    waitFor(
      `${count} VMs for job ${id} to fail and go`,
      async () => {
        const vms = (await product.look())?.vms.filter(({ cause }) => cause === id) ?? [];
        const over = vms.filter(({ state, failure }) => state === 'gone' && failure !== undefined);
        return over.length >= count ? over.reverse() : undefined;
      },
      twoVmsMs,
    );
  const cancelled = async (id: number): Promise<void> => {
    const { runId } = await job(id, 'be there', () => true);
    const atGitHub = [...product.github.world.state.runs.values()].find((one) => one.id === runId);
    if (atGitHub === undefined) throw new Error(`GitHub has no run ${runId}`);
    product.github.cancel(atGitHub);
    await job(id, 'be cancelled', ({ state }) => state === 'done');
  };
  const nothingIsLeft = async (): Promise<void> => {
    expect(await product.leftovers()).toEqual([]);
    expect(await readdir(join(product.agentFolder, 'vms')).catch(() => [])).toEqual([]);
    const disks = await readdir(join(product.agentFolder, 'disks'));
    expect(disks.filter((name) => !name.startsWith('template-'))).toEqual([]);
  };

  it('for an image that no host has: the job says so', async () => {
    const id = await push();
    await job(id, 'wait', ({ waitingFor }) => waitingFor !== '');
    const [shown] = await product.jobs();
    expect(shown).toMatchObject({
      id,
      state: 'queued',
      waitingFor: `no host has image ${missing.slice(0, 19)}`,
    });
    await nothingIsLeft();
    await cancelled(id);
  });

  it('for an image that is damaged: the VM says which file, and how to mend it', async () => {
    await startServer(damaged);
    const id = await push();
    await failed(id, 1);
    const vm = (await product.vms()).findLast(({ cause }) => cause === id);
    expect(vm).toMatchObject({
      failure: { owner: 'host', reason: expect.stringContaining(`image ${damaged} is damaged: root.erofs`) },
    });
    expect(vm?.failure?.reason).toContain('bellows image build');
    await cancelled(id);
    await nothingIsLeft();
  });

  it('for a kernel that panics: the VM shows its last words, and the next one waits', async () => {
    await startServer(panics);
    const id = await push();
    await failed(id, 2);
    const held = await job(id, 'wait after two failures', ({ waitingFor }) => waitingFor.includes('VMs'));
    expect(held).toMatchObject({
      state: 'queued',
      waitingFor: expect.stringMatching(/^2 VMs in a row came to nothing; next try at \d\d:\d\d UTC$/),
    });
    const vms = (await product.vms()).filter(({ cause }) => cause === id);
    expect(vms).toHaveLength(2);
    for (const { failure } of vms) {
      expect(failure?.owner).toBe('bellows');
      expect(failure?.reason).toMatch(
        /the VM ended before its guest answered .* 2 times; last on its console: .*panic/i,
      );
    }
    await cancelled(id);
    await nothingIsLeft();
  });

  /** What is done before the agent can tell of it. */
  const behindTheAgent = async <T>(work: () => Promise<T>): Promise<T> => {
    process.kill(agent.pid, 'SIGSTOP');
    try {
      return await work();
    } finally {
      process.kill(agent.pid, 'SIGCONT');
    }
  };

  it.runIf(asRoot)(
    'for a full disk (as root): the VM says where space is to be made, and the job waits',
    async () => {
      await startServer(panics);
      const ballast = join(product.agentFolder, 'ballast');
      const id = await behindTheAgent(async () => {
        await writeFile(ballast, Buffer.alloc((agentDiskMib - 1024 + 50) * 1024 * 1024));
        const pushed = await push();
        await waitFor('a VM to be placed', async () =>
          (await product.look())?.vms.find(({ cause, state }) => cause === pushed && state === 'placed'),
        );
        return pushed;
      });
      await failed(id, 1);
      const vm = (await product.vms()).findLast(({ cause }) => cause === id);
      expect(vm?.failure).toMatchObject({
        owner: 'host',
        reason: expect.stringMatching(
          /agent\/disks has \d+ MiB left, a new VM needs 1024 MiB: free some space there/,
        ),
      });
      await job(id, 'wait for room', ({ waitingFor }) => waitingFor === 'no host has so much free disk');
      await cancelled(id);
      await nothingIsLeft();
      await rm(ballast);
    },
  );
});
