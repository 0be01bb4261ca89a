// GitHub's own runner against the simulator. It is no npm package, so the test runs only where BELLOWS_RUNNER_DIST names
// its archive or an unpacked folder: this is what confirms, or refutes, what we believe about its protocol.

import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { currentJobs } from '../../src/sim/github/runs.ts';
import { simulatedGithub } from './octocat.ts';

const dist = process.env.BELLOWS_RUNNER_DIST;

/** A root of its own: the runner writes its configuration beside its programs. */
function unpack(from: string): string {
  const root = mkdtempSync(join(tmpdir(), 'bellows-real-runner-'));
  if (statSync(from).isDirectory()) cpSync(from, root, { recursive: true, verbatimSymlinks: true });
  else execFileSync('tar', ['xzf', from, '-C', root]);
  return root;
}

const workflowYaml = `on: push
jobs:
  a:
    runs-on: x
    outputs: {made: "\${{ steps.s.outputs.made }}"}
    steps:
      - id: s
        run: |
          echo "hello from \${{ runner.name }}"
          echo made=it >> $GITHUB_OUTPUT
      - if: failure()
        run: echo never
`;

describe.skipIf(dist === undefined)("GitHub's own runner (set BELLOWS_RUNNER_DIST to its archive)", () => {
  it('takes a job from the simulator to its end', { timeout: 180_000 }, async () => {
    await using world = await simulatedGithub();
    const run = await world.github.push({ repository: 'acme/app', workflowYaml });
    const request = { name: 'real', runner_group_id: 1, labels: ['x'] };
    const made = await world.asInstallation('POST', '/orgs/acme/actions/runners/generate-jitconfig', request);
    const root = unpack(dist ?? '');
    try {
      const child = spawn(join(root, 'bin/Runner.Listener'), ['run'], {
        cwd: root,
        env: { ...process.env, ACTIONS_RUNNER_INPUT_JITCONFIG: made.body.encoded_jit_config },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect(code).toBe(0);
      expect(output).toContain('Listening for Jobs');
      expect(output).toContain('completed with result: Succeeded');
      const job = currentJobs(run)[0];
      expect(job).toMatchObject({ conclusion: 'success', outputs: { made: 'it' } });
      expect(job?.steps.map(({ name }) => name)).toContain('Set up job');
      expect(job?.logText ?? [...(job?.stepLogs.values() ?? [])].join('')).toContain('hello from real');
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
