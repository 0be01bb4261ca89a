// The whole way, with nothing replaced but GitHub: server and agent are processes, as a user starts them, and the job runs in
// a real microVM. Then each of them dies under the running job.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSecrets, needlesOf } from '../../demo/secrets.ts';
import { bootIdIn } from '../../demo/verdict.ts';
import { jobId } from '../../src/domain/ids.ts';
import { logOf } from '../../src/sim/github/job-log.ts';
import type { ApiJob } from '../../src/wire/api/jobs.ts';
import type { ApiVm } from '../../src/wire/api/vms.ts';
import { gateAddress, hasProgram, makeProduct, type Product, repository } from '../support/product.ts';
import { type Program, waitFor } from '../support/program.ts';
import { testImage } from '../support/test-image.ts';

/** An emulated boot on a machine that has other things to do. */
const bootMs = 200_000;
const needs = 'qemu-system-x86_64';

describe.skipIf(!hasProgram(needs))(`a job in a microVM (needs ${needs})`, () => {
  let product: Product;
  let server: Program;
  let agent: Program;

  beforeAll(async () => {
    product = await makeProduct({ image: (await testImage()).digest });
    server = await product.startServer();
    agent = await product.startAgent();
  }, 900_000);
  afterAll(async () => {
    await product?.stop();
  });

  /** Ends the guest's own agent, and waits for the one that the init starts in its place. */
  const endGuestAgent = `
      - run: |
          before=$(pgrep -f '[g]uest-agent\\.js$')
          sudo kill -KILL "$before"
          until now=$(pgrep -f '[g]uest-agent\\.js$') && [ "$now" != "$before" ]; do sleep 0.2; done
          echo "another guest agent"`;

  /** Pushes a commit whose one job waits at the gate of the same name, and then does some more. */
  const push = async (name: string, more = ''): Promise<number> => {
    const run = await product.github.push({
      repository,
      workflowYaml: `
on: push
jobs:
  ${name}:
    runs-on: bellows-2cpu-1gb
    steps:
      - run: echo "boot-id=$(cat /proc/sys/kernel/random/boot_id)"
      - run: |
          node -e 'setTimeout(() => {}, 1e9)' & sleep 1
          killall node && echo "ended every node"
      - run: ${product.gate.waitingStep(name, gateAddress)}${more}
      - run: echo "went through"
`,
    });
    return Number(run.jobs[0]?.id);
  };
  const jobOf = (id: number) => async (): Promise<ApiJob | undefined> =>
    (await product.look())?.jobs.find((job) => job.id === id);
  const vmFor = (id: number) => async (): Promise<ApiVm | undefined> =>
    (await product.look())?.vms.find(({ cause }) => cause === id);
  /** Waits until GitHub and we agree that the job is over and its VM is gone. */
  const isOver = (id: number) =>
    waitFor(
      `job ${id} to be done and every VM gone`,
      async () => {
        const seen = await product.look();
        const job = seen?.jobs.find((one) => one.id === id);
        return job?.state === 'done' && seen?.vms.every(({ state }) => state === 'gone') ? job : undefined;
      },
      90_000,
    );
  const vmProcesses = async (): Promise<string[]> =>
    (await product.leftovers()).filter((what) => what.includes('bellows-vm-'));
  /** What the job printed, as GitHub keeps it. */
  const logFor = (id: number): string => {
    const job = product.github.world.state.jobs.get(jobId(id));
    return (job === undefined ? undefined : logOf(job)) ?? '';
  };

  describe('that outlives everybody', () => {
    let id: number;
    let first: ApiVm | undefined;
    let process: string[];

    it('runs in a VM of its own, as the commands show', async () => {
      id = await push('outlives', endGuestAgent);
      await product.gate.reached('outlives', bootMs);
      await waitFor(
        'the job to be known as running',
        async () => (await jobOf(id)())?.state === 'running' || undefined,
      );
      const [job] = await product.jobs();
      [first] = await product.vms();
      expect(job).toMatchObject({ id, state: 'running', name: 'outlives', vm: first?.id, waitingFor: '' });
      expect(first).toMatchObject({ state: 'busy', job: id, cause: id, memoryMib: 1024 });
      process = await vmProcesses();
      expect(process).toEqual([expect.stringContaining(`bellows-${first?.id}`)]);
    });

    it('shows its secrets nowhere on the host while it runs (I8)', async () => {
      const needles = needlesOf(product.keys, product.jitConfigs());
      expect(needles.length).toBeGreaterThan(2);
      // The places that matter are among those that are looked at.
      const files = await readdir(product.folder, { recursive: true });
      for (const place of [`agent/disks/${first?.id}.ext4`, 'agent/journal.jsonl', 'data/postgres/data/base'])
        expect(files).toContain(place);
      const database = join(product.folder, 'data/postgres');
      expect(await findSecrets(needles, [product.folder], [database])).toEqual([]);
      // One that is there is found.
      const planted = join(product.folder, 'logs', 'planted');
      await writeFile(planted, `a line\n${product.jitConfigs()[0]}\n`);
      expect(await findSecrets(needles, [product.folder], [])).not.toEqual([]);
      await rm(planted);
    });

    it('goes on when the agent is killed, and the next agent takes the VM up', async () => {
      await agent.end('SIGKILL');
      expect(await vmProcesses()).toEqual(process);
      agent = await product.startAgent();
      await agent.says(/VM adopted/);
      expect(await vmProcesses()).toEqual(process);
    });

    it('goes on when the control plane is killed, and the next one takes up the database', async () => {
      await server.end('SIGKILL');
      server = await product.startServer();
      expect(await server.output()).toContain('adopted a running PostgreSQL');
      await agent.says(/link to the control plane is up[\s\S]*link to the control plane is up/);
      expect(await jobOf(id)()).toMatchObject({ state: 'running', vm: first?.id });
    });

    it('goes on when PostgreSQL is killed, which is started again', async () => {
      const [pid] = (await readFile(join(product.folder, 'data/postgres/data/postmaster.pid'), 'utf8')).split(
        '\n',
      );
      globalThis.process.kill(Number(pid), 'SIGKILL');
      await server.says(/the embedded PostgreSQL has ended; starting it again/);
      await waitFor('the control plane to answer again', jobOf(id));
      expect(server.isRunning()).toBe(true);
    });

    it('succeeds, though its own guest agent is killed, on one VM and one boot, and nothing is left of it', async () => {
      product.gate.open('outlives');
      expect(await isOver(id)).toMatchObject({ conclusion: 'success', vm: first?.id });
      expect(logFor(id)).toContain('went through');
      // The guest agent and our runner are no `node`: what a workflow does to those is none of theirs.
      expect(logFor(id)).toContain('ended every node');
      expect(logFor(id)).toContain('another guest agent');
      const gone = await product.vms('--state', 'gone');
      expect(gone.map((vm) => vm.id)).toEqual([first?.id]);
      expect(bootIdIn(logFor(id))).toBe(gone[0]?.bootId);
      expect(await product.leftovers()).toEqual([]);
      expect(await readdir(join(product.agentFolder, 'vms'))).toEqual([]);
    });

    it('leaves a story that can be told', async () => {
      const [job] = await product.jobs();
      if (job === undefined) throw new Error('no job');
      const milestones = [
        ...['heard', 'vm-requested', 'placed', 'process-up', 'guest-up', 'runner-listening'],
        ...['job-bound', 'job-completed', 'proved-gone'],
      ];
      const story = await product.events(job);
      // Told by a guest agent that did not start this runner; GitHub's word alone would take a minute longer.
      expect(story).toContain('runner-ended');
      expect(story.filter((event, n) => milestones.includes(event) && story.indexOf(event) === n)).toEqual(
        milestones,
      );
    });
  });

  it('ends well when nobody was there to see its end', async () => {
    const id = await push('unseen');
    // The agent dies while the VM boots, and the next one goes on with it.
    await waitFor('the VM to start', async () => (await vmFor(id)())?.state === 'starting' || undefined);
    const booting = await vmProcesses();
    await agent.end('SIGKILL');
    agent = await product.startAgent();
    await agent.says(/VM adopted/);
    expect(await vmProcesses()).toEqual(booting);
    await product.gate.reached('unseen', bootMs);

    await agent.end('SIGKILL');
    await server.end('SIGKILL');
    product.gate.open('unseen');
    const done = async () => product.github.world.state.jobs.get(jobId(id))?.conclusion ?? undefined;
    expect(await waitFor('the job to end at GitHub', done)).toBe('success');
    agent = await product.startAgent();
    server = await product.startServer();
    expect(await isOver(id)).toMatchObject({ conclusion: 'success' });
    expect(await product.leftovers()).toEqual([]);
  });

  it('leaves no process, socket or folder when server and agent are told to stop', async () => {
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(await product.leftovers()).toEqual([]);
  });
});
