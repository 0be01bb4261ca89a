import { describe, expect, it } from 'vitest';
import { minutes } from '../../../domain/time.ts';
import { currentJobs } from '../runs.ts';
import { stage } from '../stage.ts';
import type { Run } from '../state.ts';
import { workflowOf } from './workflow-of.ts';

const yaml = `on: push
jobs:
  build: {runs-on: [self-hosted, big], steps: [{run: x}]}
  test:
    needs: build
    runs-on: {group: fast, labels: [x]}
    strategy: {max-parallel: 2, fail-fast: false, matrix: {n: [1, 2, 3]}}
    environment: live
    timeout-minutes: 5
    steps: [{run: x}]
`;

const shown = (run: Run) =>
  currentJobs(run).map(({ name, labels, groupName, maxParallel, failFast, environment, timeoutMinutes }) => ({
    name,
    labels,
    groupName,
    maxParallel,
    failFast,
    environment,
    timeoutMinutes,
  }));

describe('a workflow without a file', () => {
  it('makes the same jobs as its file does', async () => {
    const scene = stage();
    const value = workflowOf('ci', [
      { key: 'build', labels: ['self-hosted', 'big'] },
      {
        key: 'test',
        labels: ['x'],
        group: 'fast',
        needs: ['build'],
        width: 3,
        maxParallel: 2,
        failFast: false,
        environment: 'live',
        timeoutMinutes: 5,
      },
    ]);
    const runs = [
      await scene.push(yaml),
      scene.github.start({ repository: 'acme/app', workflow: value }),
      scene.github.start({ repository: 'acme/app', workflow: await scene.github.prepare(yaml) }),
    ];
    for (const n of runs.keys()) scene.start(scene.register(`r${n}`, ['self-hosted', 'big']));
    await scene.pass(minutes(2));
    const [first, ...others] = runs.map(shown);
    expect(first).toHaveLength(4);
    for (const other of others) expect(other).toEqual(first);
  });

  it('starts many runs, each of its own', () => {
    const { github } = stage();
    const workflow = workflowOf('ci', [{ key: 'a', labels: ['x'] }]);
    const runs = [1, 2].map(() => github.start({ repository: 'acme/app', workflow }));
    expect(runs.map(({ number, workflowName }) => [number, workflowName])).toEqual([
      [1, 'ci'],
      [2, 'ci'],
    ]);
  });
});
