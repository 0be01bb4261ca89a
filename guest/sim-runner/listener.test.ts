// With which code the runner ends, in each of the ways that the real one has (actions/runner: Constants.cs, ReturnCode).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { currentJobs } from '../../src/sim/github/runs.ts';
import { simulatedGithub, until, type World } from '../../test/github-simulator/octocat.ts';
import { readJitConfiguration } from './jit-configuration.ts';
import { listen } from './listener.ts';

const waits = { connectMs: 5, conflictMs: 50, pollMs: 1, latePollMs: 1, renewMs: 50 };

async function register(world: World, name = 'r'): Promise<string> {
  const request = { name, runner_group_id: 1, labels: ['x'] };
  const made = await world.asInstallation('POST', '/orgs/acme/actions/runners/generate-jitconfig', request);
  return String(made.body.encoded_jit_config);
}

/** Listens as the registered runner, in this process. */
function start(jitConfig: string, { returnJobResult = false } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'bellows-listener-'));
  const shutdown = new AbortController();
  const lines: string[] = [];
  const exit = listen({
    configuration: readJitConfiguration(jitConfig),
    root,
    environment: { PATH: process.env.PATH },
    print: (line) => void lines.push(line),
    shutdown: shutdown.signal,
    returnJobResult,
    waits,
  }).finally(() => rmSync(root, { recursive: true, force: true }));
  const listening = () =>
    until('the runner to listen', () => lines.some((line) => line.endsWith('Listening for Jobs')));
  return { exit, lines, listening, stop: () => shutdown.abort() };
}

const workflow = (step: string): string => `on: push\njobs: {a: {runs-on: x, steps: [{run: '${step}'}]}}\n`;

describe('a runner ends with', () => {
  it('5 when its session is open elsewhere and stays so', async () => {
    await using world = await simulatedGithub();
    const config = await register(world);
    const first = start(config);
    await first.listening();
    const second = start(config);
    expect(await second.exit).toBe(5);
    expect(second.lines).toContain('A session for this runner already exists.');
    first.stop();
    expect(await first.exit).toBe(0);
  });

  it('2 when GitHub is no longer reached', async () => {
    await using world = await simulatedGithub();
    const runner = start(await register(world));
    await runner.listening();
    await world.server.close();
    expect(await runner.exit).toBe(2);
  });

  it('1 when its configuration may not be used any more', async () => {
    await using world = await simulatedGithub({ beliefs: { jitConfigValidMs: 1 } });
    const config = await register(world);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const runner = start(config);
    expect(await runner.exit).toBe(1);
    expect(runner.lines.join()).toMatch(/Failed to create a session|registration has been deleted/);
  });

  it('0 when it is told to stop before there was a job', async () => {
    await using world = await simulatedGithub();
    const runner = start(await register(world));
    await runner.listening();
    runner.stop();
    expect(await runner.exit).toBe(0);
  });

  it.each([
    ['succeeded', 'true', 0, 100],
    ['failed', 'exit 1', 0, 102],
  ])('0 when its job has %s, or with the result when it is asked to', async (_how, step, plain, asked) => {
    await using world = await simulatedGithub();
    for (const [returnJobResult, code] of [
      [false, plain],
      [true, asked],
    ] as const) {
      await world.github.push({ repository: 'acme/app', workflowYaml: workflow(step) });
      expect(await start(await register(world, `r-${code}`), { returnJobResult }).exit).toBe(code);
    }
  });

  it('103 when its job was cancelled, and it is asked for the result', async () => {
    await using world = await simulatedGithub();
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: workflow('sleep 60') });
    const runner = start(await register(world), { returnJobResult: true });
    await until(
      'the step to run',
      () => currentJobs(run)[0]?.steps.some(({ status }) => status === 'in_progress') === true,
    );
    world.github.cancel(run);
    expect(await runner.exit).toBe(103);
    expect(runner.lines.join('\n')).toMatch(/Z: Job a completed with result: Canceled/);
  });
});

it('a runner keeps its job for as long as it works on it', async () => {
  // GitHub gives a job up that it has not heard of for so long.
  await using world = await simulatedGithub({ beliefs: { jobLockMs: 6_000 } });
  const run = await world.github.push({ repository: 'acme/app', workflowYaml: workflow('sleep 9') });
  expect(await start(await register(world)).exit).toBe(0);
  expect(currentJobs(run)[0]?.conclusion).toBe('success');
});
