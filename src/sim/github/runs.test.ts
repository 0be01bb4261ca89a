import { describe, expect, it } from 'vitest';
import { hours, minutes, seconds } from '../../domain/time.ts';
import { currentJobs } from './runs.ts';
import { actionsOf, stage } from './stage.ts';
import type { Conclusion, Job, Run } from './state.ts';

const job = (key: string, rest = ''): string =>
  `  ${key}:\n    runs-on: x\n    steps: [{run: 'true'}]\n${rest}`;
const workflow = (...jobs: string[]): string => `on: push\njobs:\n${jobs.join('')}`;

const named = (run: Run, name: string): Job => {
  const found = currentJobs(run).find((it) => it.name === name);
  if (!found) throw new Error(`no job ${name}`);
  return found;
};
const conclusions = (run: Run) => Object.fromEntries(currentJobs(run).map((it) => [it.name, it.conclusion]));

/** Runs all jobs, each with a runner of its own; `results` says how those end that do not succeed. */
async function runAll(scene: ReturnType<typeof stage>, results: Record<string, Conclusion> = {}, count = 6) {
  for (let n = 0; n < count; n++) {
    scene.start(scene.register(`r${n}-${scene.clock.now()}`, ['x']), (it) => ({
      durationMs: minutes(1),
      conclusion: results[it.name] ?? 'success',
      outputs: { from: it.name },
    }));
  }
  await scene.pass(minutes(11));
}

describe('a run', () => {
  it('queues a job when its needs have succeeded, and gives it their outputs', async () => {
    const scene = stage();
    const run = await scene.push(workflow(job('a'), job('b', '    needs: a\n')));
    expect(currentJobs(run).map((it) => it.name)).toEqual(['a']);
    await runAll(scene);
    expect(run).toMatchObject({ status: 'completed', conclusion: 'success' });
    expect(named(run, 'b').needs).toEqual({ a: { result: 'success', outputs: { from: 'a' } } });
    expect(actionsOf(scene.deliveries, named(run, 'b'))).toBe('queued, in_progress, completed');
  });

  it('skips what needs a failed job, unless its condition says otherwise', async () => {
    const scene = stage();
    const run = await scene.push(
      workflow(
        job('bad'),
        job('skipped', '    needs: bad\n'),
        job('mourner', '    needs: bad\n    if: failure()\n'),
        job('cleanup', '    needs: [skipped]\n    if: always()\n'),
        job('after', '    needs: [cleanup]\n'),
      ),
    );
    await runAll(scene, { bad: 'failure' });
    expect(conclusions(run)).toEqual({
      bad: 'failure',
      skipped: 'skipped',
      mourner: 'success',
      cleanup: 'success',
      after: 'skipped',
    });
    expect(run.conclusion).toBe('failure');
    expect(actionsOf(scene.deliveries, named(run, 'skipped'))).toBe('completed');
  });

  it('expands a matrix, names its jobs by their values, and cancels the rest when one fails', async () => {
    const scene = stage();
    const run = await scene.push(workflow(job('m', '    strategy: {matrix: {n: [1, 2, 3]}}\n')));
    expect(currentJobs(run).map((it) => it.name)).toEqual(['m (1)', 'm (2)', 'm (3)']);
    scene.start(scene.register('only', ['x']), () => ({ durationMs: 1, conclusion: 'failure' }));
    await scene.pass(seconds(1));
    expect(conclusions(run)).toEqual({ 'm (1)': 'failure', 'm (2)': 'cancelled', 'm (3)': 'cancelled' });
    expect(run.conclusion).toBe('failure');
  });

  it('lets the others go on when fail-fast is off or the job may fail', async () => {
    const scene = stage();
    const matrix = '    strategy: {fail-fast: false, matrix: {n: [1, 2]}}\n';
    const lenient = '    continue-on-error: true\n    strategy: {matrix: {n: [1, 2]}}\n';
    const run = await scene.push(workflow(job('m', matrix), job('l', lenient)));
    await runAll(scene, { 'm (1)': 'failure', 'l (1)': 'failure' });
    expect(conclusions(run)).toEqual({
      'm (1)': 'failure',
      'm (2)': 'success',
      'l (1)': 'failure',
      'l (2)': 'success',
    });
  });

  it('makes a matrix from the output of a job', async () => {
    const scene = stage();
    const matrix = `    strategy: {matrix: {n: "\${{ fromJSON(needs.a.outputs.list) }}"}}\n`;
    const run = await scene.push(workflow(job('a'), job('m', `    needs: a\n${matrix}`)));
    scene.start(scene.register('r', ['x']), () => ({
      durationMs: 1,
      conclusion: 'success',
      outputs: { list: '["p","q"]' },
    }));
    await scene.pass(seconds(1));
    expect(currentJobs(run).map((it) => it.name)).toEqual(['a', 'm (p)', 'm (q)']);
  });

  it.each(['queued-and-held', 'created-late'] as const)('keeps to max-parallel (%s)', async (maxParallel) => {
    const scene = stage({ beliefs: { maxParallel } });
    const run = await scene.push(
      workflow(job('m', '    strategy: {max-parallel: 1, matrix: {n: [1, 2]}}\n')),
    );
    const queued = () => scene.deliveries.filter(({ delivery }) => delivery.action === 'queued').length;
    await scene.pass();
    expect(queued()).toBe(maxParallel === 'queued-and-held' ? 2 : 1);
    scene.start(scene.register('one', ['x']));
    scene.start(scene.register('two', ['x']));
    await scene.pass(seconds(30));
    expect(currentJobs(run).map((it) => it.phase)).toEqual(['in_progress', 'held']);
    await scene.pass(minutes(2));
    expect(run.conclusion).toBe('success');
    expect(queued()).toBe(2);
  });

  it('fails at once, with the line, when the workflow has an error', async () => {
    const scene = stage();
    const run = await scene.push('on: push\njobs:\n  a:\n    runs-on: x\n    stepz: []\n');
    expect(run).toMatchObject({ status: 'completed', conclusion: 'failure' });
    expect(run.annotations[0]).toMatchObject({ line: 5, message: "Unexpected value 'stepz'" });
  });

  it('fails a job whose matrix or runs-on cannot be evaluated, and says why', async () => {
    const scene = stage();
    const run = await scene.push(workflow(job('m', `    strategy: {matrix: {n: "\${{ github.ref }}"}}\n`)));
    expect(run.conclusion).toBe('failure');
    expect(named(run, 'm').annotations[0]?.message).toBe("Matrix axis 'n' must be a list.");
  });

  it('waits for the approval of a protected environment', async () => {
    const scene = stage();
    scene.github.createRepository({ owner: 'acme', name: 'live', protectedEnvironments: ['production'] });
    const run = await scene.github.push({
      repository: 'acme/live',
      workflowYaml: workflow(job('deploy', '    environment: production\n')),
    });
    await runAll(scene);
    expect(named(run, 'deploy').phase).toBe('waiting');
    scene.github.approve(named(run, 'deploy'));
    await runAll(scene);
    expect(actionsOf(scene.deliveries, named(run, 'deploy'))).toBe('waiting, queued, in_progress, completed');
  });
});

describe('a cancelled run', () => {
  it('cancels what no runner has at once and asks the others', async () => {
    const scene = stage();
    const run = await scene.push(
      workflow(job('a'), job('b'), job('last', '    needs: a\n    if: always()\n')),
    );
    scene.start(scene.register('r', ['x']), () => ({ durationMs: hours(1), conclusion: 'success' }));
    await scene.pass(seconds(1));
    scene.github.cancel(run);
    expect(named(run, 'b').conclusion).toBe('cancelled');
    await scene.pass(seconds(1));
    expect(named(run, 'a').conclusion).toBe('cancelled');
    expect(named(run, 'last').phase).toBe('queued');
    await runAll(scene);
    expect(run).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
    expect(scene.github.cancel(run)).toMatchObject({ ok: false, status: 409 });
  });

  it('does not wait for a runner that does not listen', async () => {
    const scene = stage();
    const run = await scene.push(workflow(job('a')));
    const { kill } = scene.start(scene.register('r', ['x']));
    await scene.pass(seconds(1));
    kill();
    scene.github.cancel(run);
    await scene.pass(minutes(4));
    expect(named(run, 'a').phase).toBe('in_progress');
    await scene.pass(minutes(2));
    expect(named(run, 'a').conclusion).toBe('cancelled');
  });
});

describe('a re-run', () => {
  it('makes new jobs in the same run', async () => {
    const scene = stage();
    const run = await scene.push(workflow(job('a')));
    expect(scene.github.rerun(run)).toMatchObject({ ok: false, status: 403 });
    await runAll(scene, {}, 1);
    const first = named(run, 'a');
    expect(scene.github.rerun(run).ok).toBe(true);
    await runAll(scene, {}, 1);
    expect(named(run, 'a').id).not.toBe(first.id);
    expect(named(run, 'a')).toMatchObject({ attempt: 2, conclusion: 'success' });
    expect(run).toMatchObject({ attempt: 2, conclusion: 'success' });
  });

  it('of failed jobs takes their dependents with them and leaves the others', async () => {
    const scene = stage();
    const matrix = '    strategy: {fail-fast: false, matrix: {n: [1, 2]}}\n';
    const run = await scene.push(workflow(job('good'), job('m', matrix), job('end', '    needs: m\n')));
    await runAll(scene, { 'm (2)': 'failure' });
    const before = new Map(currentJobs(run).map((it) => [it.name, it.id]));
    scene.github.rerun(run, 'failed');
    await runAll(scene);
    expect(run).toMatchObject({ attempt: 2, conclusion: 'success' });
    const kept = currentJobs(run).filter((it) => before.get(it.name) === it.id);
    expect(kept.map((it) => it.name)).toEqual(['good', 'm (1)']);
    expect(named(run, 'end').conclusion).toBe('success');
  });
});
