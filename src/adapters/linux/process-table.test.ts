import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { linuxProcessTable } from './process-table.ts';

const table = linuxProcessTable();

describe("the host's processes", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  const start = (mark: string, program = 'sleep', args = ['60']): ChildProcess => {
    const child = spawn(program, args, { env: { PATH: process.env.PATH, BELLOWS_TEST_MARK: mark } });
    children.push(child);
    return child;
  };
  const marked = async (mark: string) =>
    (await table.marked('BELLOWS_TEST_MARK')).filter(({ value }) => value === mark);

  it('are found by their mark, with their children', async () => {
    start('one', 'sh', ['-c', 'sleep 61 & wait']);
    start('two');
    await expect.poll(async () => (await marked('one')).length).toBe(2);
    expect((await marked('one')).map(({ command }) => command.join(' ')).sort()).toEqual([
      'sh -c sleep 61 & wait',
      'sleep 61',
    ]);
    await Promise.all((await marked('one')).map((process) => table.kill(process)));
    await expect.poll(() => marked('one')).toEqual([]);
    expect(await marked('two')).toHaveLength(1);
  });

  it('are found by an argument, with their user, where they wipe their environment', async () => {
    const id = `fc-test-${process.pid}`;
    start('five', 'sh', ['-c', 'exec env -i sleep 62', 'sh', '--id', id]);
    start('six', 'sh', ['-c', 'sleep 63 & wait', 'sh', '--id', id]);
    start('seven', 'sh', ['-c', 'sleep 64 & wait', 'sh', id, '--id']);
    const flagged = async () => (await table.flagged('--id')).filter(({ value }) => value === id);
    await expect
      .poll(async () => (await flagged()).map(({ command }) => command[2]))
      .toEqual(['sleep 63 & wait']);
    expect((await flagged())[0]?.uid).toBe(process.getuid?.());
    await Promise.all((await flagged()).map((process) => table.kill(process)));
    await expect.poll(flagged).toEqual([]);
    await Promise.all([...(await marked('six')), ...(await marked('seven'))].map((one) => table.kill(one)));
  });

  it('are told apart from a later one with the same id', async () => {
    const { pid = 0 } = start('three');
    await expect.poll(async () => (await marked('three')).length).toBe(1);
    const [found] = await marked('three');
    expect(found?.pid).toBe(pid);
    const older = { pid, startTicks: (found?.startTicks ?? 0) - 1 };
    expect(await table.isAlive(older)).toBe(false);
    await table.kill(older);
    expect(found && (await table.isAlive(found))).toBe(true);
  });

  it('are not alive as zombies, and killing what is gone is no error', async () => {
    const child = start('four', 'sh', ['-c', 'sleep 0.01 & exec sleep 60']);
    await expect.poll(async () => (await marked('four')).length).toBe(1);
    const [found] = await marked('four');
    if (found === undefined) throw new Error('not found');
    child.kill('SIGKILL');
    await expect.poll(() => table.isAlive(found)).toBe(false);
    await table.kill(found);
  });
});
