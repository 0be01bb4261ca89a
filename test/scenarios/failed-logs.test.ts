// Why a job failed, out of the end of its log at GitHub.

import { describe, expect, it } from 'vitest';
import { hours, minutes } from '../../src/domain/time.ts';
import type { JobWork } from '../../src/sim/github/in-process-runner.ts';
import { workflowOf } from '../../src/sim/github/workflow/workflow-of.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';

const secret = 'hunter2-is-my-password';
const log = `2026-03-01T10:00:00.1234567Z the password is ${secret}
2026-03-01T10:00:01.1234567Z /home/runner/x.sh: line 1: unzip: command not found
2026-03-01T10:00:01.2234567Z ##[error]Process completed with exit code 127.
`;
const failing: JobWork = { durationMs: minutes(1), conclusion: 'failure', log };

async function played(work: JobWork, settings: { readLogs?: boolean } = {}) {
  const world = new ControlPlaneWorld(settings);
  await world.addHost('one', 2, () => work);
  const calls: string[] = [];
  world.github.world.faults.call = (operation) => {
    calls.push(operation);
    return { kind: 'none' };
  };
  world.github.start({
    repository: 'acme/app',
    workflow: workflowOf('ci', [{ key: 'build', labels: ['bellows-2cpu-4gb'] }]),
  });
  const isDone = async () => (await world.jobs()).some(({ state }) => state === 'done');
  const found = async () => {
    const [job] = await world.jobs();
    if (job === undefined) throw new Error('there is no job');
    const lines = await world.store.transaction((tx) => tx.history.of({ kind: 'job', id: job.id }, 500));
    return lines.filter(({ event }) => event === 'log-read').map(({ data }) => data);
  };
  const logCalls = () => calls.filter((call) => call.includes('logs')).length;
  return { world, isDone, found, logCalls };
}

describe('a job that failed', () => {
  it('is told by its log what the image lacks, and nothing else of the log is kept', async () => {
    const { world, isDone, found, logCalls } = await played(failing);
    expect(await world.until(isDone, minutes(5))).toBe(true);
    await world.clock.advance(minutes(2));
    expect(await found()).toEqual([
      { class: 'missing-piece', missing: { kind: 'command', name: 'unzip', package: 'unzip' } },
    ]);
    expect(logCalls()).toBe(1);
    const [job] = await world.jobs();
    const [vm] = await world.vms();
    const rows = await world.store.transaction(async (tx) => [
      job,
      vm,
      ...(job === undefined ? [] : await tx.history.of({ kind: 'job', id: job.id }, 500)),
      ...(await tx.tasks.list(500)),
    ]);
    expect(JSON.stringify([rows, world.lines])).not.toContain(secret);
  });

  it('is its own when the log does not tell, and one that succeeded is not looked at', async () => {
    const quiet = await played({ ...failing, log: 'no\n' });
    await quiet.world.until(quiet.isDone, minutes(5));
    await quiet.world.clock.advance(minutes(2));
    expect(await quiet.found()).toEqual([{ class: 'workflow' }]);
    const fine = await played({ ...failing, conclusion: 'success' });
    await fine.world.until(fine.isDone, minutes(5));
    await fine.world.clock.advance(minutes(2));
    expect(fine.logCalls()).toBe(0);
  });

  it('without a log is asked about a few times and then left alone', async () => {
    const { log: _, ...mute } = failing;
    const { world, isDone, found, logCalls } = await played(mute);
    await world.until(isDone, minutes(5));
    await world.clock.advance(hours(1));
    expect(await found()).toEqual([]);
    expect(logCalls()).toBe(6);
    expect(
      (await world.store.transaction((tx) => tx.tasks.list(500))).map(({ what }) => what.kind),
    ).not.toContain('read-log');
  });

  it('is looked at once though the process dies in between', async () => {
    const { world, isDone, found } = await played(failing);
    let dead = false;
    world.github.world.faults.call = (operation) => {
      if (operation.includes('logs') && !dead) {
        dead = true;
        queueMicrotask(() => world.crash());
      }
      return { kind: 'none' };
    };
    await world.until(isDone, minutes(5));
    await world.until(async () => dead, minutes(5));
    world.start();
    await world.clock.advance(minutes(5));
    expect(await found()).toHaveLength(1);
  });

  it('whose log may not be read breaks nothing, and none is read when that is switched off', async () => {
    const refused = await played(failing);
    refused.world.github.world.faults.call = (operation) =>
      operation.includes('logs') ? { kind: 'refused', status: 403 } : { kind: 'none' };
    await refused.world.until(refused.isDone, minutes(5));
    await refused.world.clock.advance(minutes(10));
    expect(await refused.found()).toEqual([]);
    expect(refused.world.lines).toContainEqual(
      expect.objectContaining({ message: 'the log of a failed job cannot be read' }),
    );
    const off = await played(failing, { readLogs: false });
    await off.world.until(off.isDone, minutes(5));
    await off.world.clock.advance(minutes(5));
    expect(off.logCalls()).toBe(0);
  });
});
