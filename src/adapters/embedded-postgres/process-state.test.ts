import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isRunning } from './process-state.ts';

const nowhere = '/nonexistent/stat';

describe('a process', () => {
  it('runs until it has ended, with /proc and without', async () => {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const { pid = 0 } = child;
    expect(await isRunning(pid)).toBe(true);
    expect(await isRunning(pid, nowhere)).toBe(true);
    child.kill();
    await once(child, 'exit');
    expect(await isRunning(pid)).toBe(false);
    expect(await isRunning(pid, nowhere)).toBe(false);
  });

  it('does not run when Linux says that it only waits to be taken note of', async () => {
    const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [said] = (await once(parent.stdout, 'data')) as [Buffer];
      await expect.poll(() => isRunning(Number(said.toString()))).toBe(false);
    } finally {
      parent.kill();
    }
  });

  it.each([0, -1, Number.NaN])('is not what the id %s names', async (pid) => {
    expect(await isRunning(pid)).toBe(false);
    expect(await isRunning(pid, nowhere)).toBe(false);
  });
});
