// A push becomes finished jobs: the simulator over HTTP, our runner as child processes.

import { describe, expect, it } from 'vitest';
import { currentJobs } from '../../src/sim/github/runs.ts';
import type { Run } from '../../src/sim/github/state.ts';
import { simulatedGithub, until, type World } from './octocat.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';

const generate = '/orgs/acme/actions/runners/generate-jitconfig';

async function runner(
  world: World,
  name: string,
  environment: Record<string, string> = {},
): Promise<RunnerProcess> {
  const request = { name, runner_group_id: 1, labels: ['x'] };
  const made = await world.asInstallation('POST', generate, request);
  return startRunner(String(made.body.encoded_jit_config), environment);
}

const job = (run: Run, name: string) => {
  const found = currentJobs(run).find((it) => it.name === name);
  if (!found) throw new Error(`no job ${name} in ${currentJobs(run).map((it) => it.name)}`);
  return found;
};

async function logOf(world: World, run: Run, name: string): Promise<string> {
  const answered = await world.asInstallation(
    'GET',
    `/repos/acme/app/actions/jobs/${job(run, name).id}/logs`,
  );
  expect(answered.status).toBe(302);
  return (await fetch(answered.headers.get('location') ?? '')).text();
}

/** Runs one job of these steps and gives the run, the log and the runner. */
async function runSteps(world: World, steps: string, rest = '') {
  const workflowYaml = `on: push\nenv: {FROM_WORKFLOW: wf}\njobs:\n  a:\n    runs-on: x\n${rest}    steps:\n${steps}`;
  const run = await world.github.push({
    repository: 'acme/app',
    workflowYaml,
    secrets: { TOKEN: 's3cr3t-value' },
  });
  expect(run.annotations).toEqual([]);
  const process = await runner(world, `r-${run.number}`);
  using _ = process;
  const exit = await process.exit;
  return { run, exit, lines: process.lines, log: await logOf(world, run, 'a'), files: process.files() };
}

const workflow = `
name: everything
on: push
jobs:
  build:
    runs-on: x
    strategy:
      matrix:
        n: [1, 2]
    outputs:
      made: \${{ steps.make.outputs.made }}
    steps:
      - uses: actions/checkout@v4
      - id: make
        run: |
          echo "made=thing-\${{ matrix.n }}" >> "$GITHUB_OUTPUT"
          echo "on runner $RUNNER_NAME, job \${{ github.job }}"
  use:
    needs: build
    runs-on: [x]
    steps:
      - run: echo "got \${{ needs.build.outputs.made }} \${{ needs.build.result }}"
  breaks:
    runs-on: x
    steps:
      - run: exit 3
      - run: echo never
      - if: failure()
        run: echo mourning
  after:
    needs: breaks
    runs-on: x
    steps: [{ run: 'true' }]
`;

describe('a push', () => {
  it('becomes finished jobs, with logs, steps, outputs and signed webhooks', async () => {
    await using world = await simulatedGithub();
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: workflow });
    const runners = await Promise.all([1, 2, 3, 4].map((n) => runner(world, `vm-${n}`)));
    try {
      expect(await Promise.all(runners.map(({ exit }) => exit))).toEqual([0, 0, 0, 0]);
      await until('the run to end', () => run.status === 'completed');
      expect(Object.fromEntries(currentJobs(run).map((it) => [it.name, it.conclusion]))).toEqual({
        'build (1)': 'success',
        'build (2)': 'success',
        use: 'success',
        breaks: 'failure',
        after: 'skipped',
      });
      expect(await logOf(world, run, 'use')).toMatch(/got thing-\d success/);
      expect(await logOf(world, run, 'build (1)')).toMatch(/on runner vm-\d, job build/);
      const broken = await logOf(world, run, 'breaks');
      expect(broken).toContain('##[error]Process completed with exit code 3.');
      expect(broken).toContain('mourning');
      expect(broken).not.toContain('never');
      const steps = job(run, 'breaks').steps.map(({ name, conclusion }) => [name, conclusion]);
      expect(steps).toEqual([
        ['Set up job', 'success'],
        ['Run exit 3', 'failure'],
        ['Run echo never', 'skipped'],
        ['Run echo mourning', 'success'],
        ['Complete job', 'success'],
      ]);
      for (const { lines, files } of runners) {
        expect(lines.slice(0, 2)).toEqual(['√ Connected to GitHub', "Current runner version: '2.336.0'"]);
        expect(lines[2]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Listening for Jobs$/);
        expect(lines[3]).toMatch(/Z: Running job: .+$/);
        expect(lines[4]).toMatch(/Z: Job .+ completed with result: (Succeeded|Failed)$/);
        expect(files()).toEqual(['_work']);
      }
      const listed = await world.asInstallation('GET', '/orgs/acme/actions/runners');
      expect(listed.body.total_count).toBe(0);
      await world.github.world.deliveries.settled();
      expect(world.webhooks.every(({ verified }) => verified)).toBe(true);
      // Four jobs with a queue, a start and an end, and one that was skipped.
      expect(world.webhooks).toHaveLength(13);
    } finally {
      for (const process of runners) process[Symbol.dispose]();
    }
  });
});

describe('a step', () => {
  it('has environment, folder, shells and what earlier steps left', async () => {
    await using world = await simulatedGithub();
    const steps = `
      - run: |
          echo "LEFT=for you" >> $GITHUB_ENV
          { echo 'MANY<<END'; echo one; echo two; echo END; } >> $GITHUB_ENV
          mkdir -p tools && printf '#!/bin/sh\\necho from my tool' > tools/mytool && chmod +x tools/mytool
          echo "$PWD/tools" >> $GITHUB_PATH
          echo '# Title' >> $GITHUB_STEP_SUMMARY
      - run: echo "1 $LEFT $FROM_WORKFLOW $OWN \${{ env.OWN }} $(echo "$MANY" | wc -l)"
        env: {OWN: "mine-\${{ env.LEFT }}"}
      - run: mytool
      - run: echo "2 $PWD"
        working-directory: tools
      - shell: python
        run: print("3", 6 * 7)
      - shell: sh
        run: echo "4 $0"
      - run: echo "5 $CI $GITHUB_REPOSITORY $GITHUB_RUN_ATTEMPT \${{ runner.os }} \${{ toJSON(matrix) }}"
`;
    const { run, log, exit } = await runSteps(world, steps);
    expect([exit, run.conclusion]).toEqual([0, 'success']);
    expect(log).toContain('1 for you wf mine-for you mine-for you 2');
    expect(log).toContain('from my tool');
    expect(log).toMatch(/2 .*_work\/app\/app\/tools/);
    expect(log).toContain('3 42');
    expect(log).toContain('5 true acme/app 1 Linux null');
    expect([...job(run, 'a').summaries.values()]).toEqual(['# Title\n\n']);
  });

  it('has the shell and the folder that its job sets, or its own', async () => {
    await using world = await simulatedGithub();
    const steps = `
      - run: echo "1 at $PWD by $0"
      - run: echo "2 at $PWD"
        working-directory: /usr
        shell: bash
`;
    const { log } = await runSteps(
      world,
      steps,
      '    defaults: {run: {shell: sh, working-directory: /tmp}}\n',
    );
    expect(log).toContain('1 at /tmp by');
    expect(log).toContain('shell: sh -e {0}');
    expect(log).toContain('2 at /usr');
    expect(log).toContain('shell: bash --noprofile --norc -eo pipefail {0}');
  });

  it('may fail without failing the job, and conditions follow the job', async () => {
    await using world = await simulatedGithub();
    const steps = `
      - id: soft
        continue-on-error: true
        run: exit 1
      - run: echo "soft was \${{ steps.soft.outcome }} and \${{ steps.soft.conclusion }}"
      - id: hard
        run: exit 1
      - run: echo not reached
      - if: always()
        run: echo "always \${{ job.status }}"
      - if: \${{ failure() && steps.hard.outcome == 'failure' }}
        run: echo "failure seen"
      - if: cancelled()
        run: echo "not cancelled"
`;
    const { run, log } = await runSteps(world, steps);
    expect(run.conclusion).toBe('failure');
    expect(log).toContain('soft was failure and success');
    expect(log).toContain('always failure');
    expect(log).toContain('failure seen');
    expect(log).not.toContain('echo not reached');
    expect(log).not.toContain('echo "not cancelled"');
  });

  it('shows no secret, and passes none on', async () => {
    await using world = await simulatedGithub();
    const steps = `
      - id: s
        run: |
          echo "secret $T"
          echo "::add-mask::hidden"
          echo "and hidden"
          echo "open=fine" >> $GITHUB_OUTPUT
          echo "closed=$T" >> $GITHUB_OUTPUT
          echo "JIT variables: $(env | grep -c JITCONFIG)"
        env: {T: "\${{ secrets.TOKEN }}"}
`;
    const outputs = `    outputs: {open: "\${{ steps.s.outputs.open }}", closed: "\${{ steps.s.outputs.closed }}"}\n`;
    const { run, log } = await runSteps(world, steps, outputs);
    expect(log).toContain('secret ***');
    expect(log).toContain('and ***');
    expect(log).not.toContain('s3cr3t-value');
    expect(log).toContain('JIT variables: 0');
    expect(job(run, 'a').outputs).toEqual({ open: 'fine' });
  });

  it('ends when its time is over', async () => {
    await using world = await simulatedGithub();
    const { run, log } = await runSteps(world, '      - {run: sleep 60, timeout-minutes: 0.01}\n');
    expect(run.conclusion).toBe('failure');
    expect(log).toContain('has timed out after 0.01 minutes');
  });

  it('fails when its expression cannot be evaluated', async () => {
    await using world = await simulatedGithub();
    const { run, log } = await runSteps(world, `      - run: echo \${{ fromJSON('{') }}\n`);
    expect(run.conclusion).toBe('failure');
    expect(log).toContain('##[error]');
  });
});

describe('a runner', () => {
  const long =
    'on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: sleep 60\n      - if: always()\n        run: echo tidied up\n';

  it('stops a cancelled job, and still runs what always runs', async () => {
    await using world = await simulatedGithub();
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: long });
    using process = await runner(world, 'r');
    await until('the step to run', () => job(run, 'a').steps.some((step) => step.status === 'in_progress'));
    world.github.cancel(run);
    expect(await process.exit).toBe(0);
    expect(job(run, 'a').conclusion).toBe('cancelled');
    expect(process.lines.join('\n')).toContain('completed with result: Canceled');
    expect(await logOf(world, run, 'a')).toContain('tidied up');
  });

  it('fails its job when it is told to stop', async () => {
    await using world = await simulatedGithub();
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: long });
    using process = await runner(world, 'r');
    await until('the step to run', () => job(run, 'a').steps.some((step) => step.status === 'in_progress'));
    process.kill('SIGTERM');
    expect(await process.exit).toBe(0);
    expect(job(run, 'a').conclusion).toBe('failure');
    expect(await logOf(world, run, 'a')).toContain('has received a shutdown signal');
  });

  it('ends with 0 when it is evicted, and with 1 when it may not connect', async () => {
    await using world = await simulatedGithub();
    const idle = await runner(world, 'idle');
    using _ = idle;
    await until('listening', () => idle.lines.some((line) => line.includes('Listening for Jobs')));
    const { body } = await world.asInstallation('GET', '/orgs/acme/actions/runners');
    expect(body.runners[0]).toMatchObject({ status: 'online', busy: false, os: 'Linux' });
    await world.asInstallation('DELETE', `/orgs/acme/actions/runners/${body.runners[0].id}`);
    expect(await idle.exit).toBe(0);
    expect(idle.lines.join('\n')).toContain('The runner no longer exists on the server.');
    const made = await world.asInstallation('POST', generate, {
      name: 'gone',
      runner_group_id: 1,
      labels: ['x'],
    });
    await world.asInstallation('DELETE', `/orgs/acme/actions/runners/${made.body.runner.id}`);
    using gone = startRunner(made.body.encoded_jit_config);
    expect(await gone.exit).toBe(1);
    expect(gone.lines.join('\n')).toContain('registration has been deleted');
    using broken = startRunner('bm90IGpzb24=');
    expect(await broken.exit).toBe(1);
    expect(broken.files()).toEqual([]);
  });

  it('ends with the job’s result when it is asked to', async () => {
    await using world = await simulatedGithub();
    await world.github.push({ repository: 'acme/app', workflowYaml: long.replace('sleep 60', 'exit 1') });
    using process = await runner(world, 'r', { ACTIONS_RUNNER_RETURN_JOB_RESULT_FOR_HOSTED: '1' });
    expect(await process.exit).toBe(102);
  });
});
