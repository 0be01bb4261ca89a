import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processRunner } from './process-runner.ts';
import type { RunnerIo } from './sim-runner.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bellows-process-runner-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function listen() {
  const heard: string[] = [];
  const cut = new AbortController();
  const terminate = new AbortController();
  const io: RunnerIo = {
    cut: cut.signal,
    terminate: terminate.signal,
    bootId: 'b1',
    environment: { http_proxy: 'http://p' },
    listening: () => heard.push('listening'),
    jobStarted: (name) => heard.push(`started ${name}`),
    jobEnded: (name, result) => heard.push(`ended ${name} ${result}`),
    print: (line) => heard.push(`line ${line}`),
  };
  return { heard, cut, terminate, io };
}

const shell = (script: string) => processRunner({ command: ['/bin/sh', '-c', script], folder });

describe('a runner as a process', () => {
  it('is heard as the real one is, and leaves no folder', async () => {
    const { heard, io } = listen();
    const code = await shell(
      [
        'echo "$ACTIONS_RUNNER_INPUT_JITCONFIG $BELLOWS_SIM_BOOT_ID $http_proxy"',
        'echo "2026-01-01 00:00:00Z: Listening for Jobs"',
        'echo "2026-01-01 00:00:00Z: Running job: build"',
        'echo "2026-01-01 00:00:00Z: Job build completed with result: Failed"',
        'exit 3',
      ].join('\n'),
    )('jit', io);
    expect(code).toBe(3);
    expect(heard.filter((text) => !text.startsWith('line'))).toEqual([
      'listening',
      'started build',
      'ended build Failed',
    ]);
    expect(heard[0]).toBe('line jit b1 http://p');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is ended with its children when the power is cut', async () => {
    const { heard, cut, io } = listen();
    const ended = shell('trap "" TERM; sleep 300 & echo ready; wait')('jit', {
      ...io,
      print: (line) => {
        heard.push(line);
        if (line === 'ready') cut.abort();
      },
    });
    expect(await ended).toBe(-1);
    expect(existsSync(join(folder, 'runner-b1'))).toBe(false);
  });

  it('is told when it is to end', async () => {
    const { terminate, io } = listen();
    const ended = shell('trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done')('jit', {
      ...io,
      print: () => terminate.abort(),
    });
    expect(await ended).toBe(0);
  });
});
