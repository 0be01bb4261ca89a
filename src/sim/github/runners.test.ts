import { describe, expect, it } from 'vitest';
import { days, hours, minutes, seconds } from '../../domain/time.ts';
import { acquireJob, completeJob } from './job-calls.ts';
import { deleteRunner, findRunner, isOnline, registerRunner, runnersOf, shownBusy } from './runners.ts';
import { currentJobs } from './runs.ts';
import { openSession, poll, putBack } from './sessions.ts';
import { stage } from './stage.ts';

const oneJob = 'on: push\njobs:\n  a:\n    runs-on: [self-hosted, Big]\n    steps: [{run: x}]\n';
const labels = ['self-hosted', 'big'];
const hello = { os: 'Linux', version: '2.336.0' };
const never = new AbortController().signal;

describe('a registration', () => {
  it('is offline, then online, then busy, then gone', async () => {
    const scene = stage();
    const { world } = scene.github;
    const runner = scene.register('r', labels);
    expect(isOnline(world, runner)).toBe(false);
    const { exit } = scene.start(runner);
    await scene.pass(seconds(1));
    expect([isOnline(world, runner), shownBusy(world, runner)]).toEqual([true, false]);
    await scene.push(oneJob);
    await scene.pass(seconds(1));
    expect(shownBusy(world, runner)).toBe(true);
    expect(deleteRunner(world, scene.organization, runner.id)).toMatchObject({ status: 422 });
    await scene.pass(minutes(2));
    expect(await exit).toBe(0);
    expect(runnersOf(world, scene.organization)).toEqual([]);
    expect(deleteRunner(world, scene.organization, runner.id)).toMatchObject({ status: 404 });
  });

  it.each([
    [{ name: 'r', labels }, 422, 'runner_group_id'],
    [{ name: 'r', labels: [], runner_group_id: 1 }, 422, 'only 0 were supplied'],
    [{ name: 'r', labels: [7], runner_group_id: 1 }, 422, 'labels'],
    [{ labels, runner_group_id: 1 }, 422, 'name'],
    [{ name: 'x'.repeat(65), labels, runner_group_id: 1 }, 422, '64'],
    [{ name: 'r', labels, runner_group_id: 2 }, 403, 'group'],
    [{ name: 'r', labels, runner_group_id: 99 }, 404, 'Not Found'],
    [{ name: 'TAKEN', labels, runner_group_id: 1 }, 409, 'Already exists'],
  ])('%j is refused', (request, status, message) => {
    const scene = stage();
    scene.register('taken', labels);
    const refused = registerRunner(scene.github.world, scene.organization, request);
    expect(refused).toMatchObject({ ok: false, status });
    expect(refused.ok ? '' : refused.message).toContain(message);
  });

  it('stores labels in lower case and adds none', () => {
    expect(stage().register('r', ['GPU']).labels).toEqual(['gpu']);
  });

  it('goes away after minutes without a job, and its runner ends with 0', async () => {
    const scene = stage();
    const { exit } = scene.start(scene.register('r', labels));
    await scene.pass(minutes(11));
    expect(await exit).toBe(0);
    expect(runnersOf(scene.github.world, scene.organization)).toEqual([]);
  });

  it('goes away after a day when nothing ever connected', async () => {
    const scene = stage();
    scene.register('r', labels);
    await scene.pass(days(2));
    expect(runnersOf(scene.github.world, scene.organization)).toEqual([]);
  });

  it('has one session: a second one conflicts, one of a deleted runner is refused', async () => {
    const scene = stage();
    const { world } = scene.github;
    const runner = scene.register('r', labels);
    expect(openSession(world, runner, hello).ok).toBe(true);
    expect(openSession(world, runner, hello)).toMatchObject({ status: 409 });
    deleteRunner(world, scene.organization, runner.id);
    expect(openSession(world, runner, hello)).toMatchObject({ status: 403 });
  });
});

describe('a job', () => {
  it('goes to any runner that asks and has its labels, not to others', async () => {
    const scene = stage();
    const run = await scene.push(oneJob);
    scene.start(scene.register('poor', ['self-hosted']));
    scene.start(scene.register('rich', ['extra', ...labels]));
    await scene.pass(seconds(1));
    expect(currentJobs(run)[0]?.runner?.name).toBe('rich');
  });

  it('goes to no runner of a group that its repository may not use', async () => {
    const scene = stage();
    scene.github.createRepository({ owner: 'acme', name: 'other' });
    const group = scene.github.createRunnerGroup('acme', { name: 'closed', repositories: ['other'] });
    const request = { name: 'r', labels, runner_group_id: group.id };
    const made = registerRunner(scene.github.world, scene.organization, request);
    if (!made.ok) throw new Error(made.message);
    scene.start(made.value);
    const mine = await scene.push(oneJob);
    const theirs = await scene.github.push({ repository: 'acme/other', workflowYaml: oneJob });
    await scene.pass(seconds(1));
    expect([mine, theirs].map((run) => currentJobs(run)[0]?.phase)).toEqual(['queued', 'in_progress']);
  });

  it('is queued again when its runner does not acquire it in a minute', async () => {
    const scene = stage();
    const { world } = scene.github;
    const sleepy = openSession(world, scene.register('sleepy', labels), hello);
    if (!sleepy.ok) throw new Error(sleepy.message);
    const polled = poll(world, sleepy.value.id, 'Online', never);
    const run = await scene.push(oneJob);
    expect(await polled).toMatchObject({ kind: 'message' });
    const job = currentJobs(run)[0];
    expect(job?.phase).toBe('assigned');
    const missed = job?.requestId ?? '';
    await scene.pass(seconds(61));
    expect(job?.phase).toBe('queued');
    expect(acquireJob(world, sleepy.value.runner, missed)).toMatchObject({ status: 404 });
    scene.start(scene.register('awake', labels));
    await scene.pass(seconds(1));
    expect(job?.runner?.name).toBe('awake');
  });

  it('is not lost with a poll that broke before it was answered', async () => {
    const scene = stage();
    const { world } = scene.github;
    const opened = openSession(world, scene.register('r', labels), hello);
    if (!opened.ok) throw new Error(opened.message);
    await scene.push(oneJob);
    const first = await poll(world, opened.value.id, 'Online', never);
    if (first.kind !== 'message') throw new Error(first.kind);
    putBack(world, opened.value.id, first.message);
    expect(await poll(world, opened.value.id, 'Online', never)).toEqual(first);
  });

  it('fails when its runner is not heard of for ten minutes', async () => {
    const scene = stage();
    const run = await scene.push(oneJob);
    const { kill } = scene.start(scene.register('r', labels), () => ({
      durationMs: hours(1),
      conclusion: 'success',
    }));
    await scene.pass(minutes(5));
    kill();
    await scene.pass(minutes(9));
    expect(currentJobs(run)[0]?.phase).toBe('in_progress');
    await scene.pass(minutes(2));
    expect(currentJobs(run)[0]).toMatchObject({ conclusion: 'failure' });
    expect(currentJobs(run)[0]?.annotations[0]?.message).toContain('lost communication');
  });

  it('is stopped when its time is over', async () => {
    const scene = stage();
    const run = await scene.push(oneJob.replace('    steps', '    timeout-minutes: 3\n    steps'));
    scene.start(scene.register('r', labels), () => ({ durationMs: hours(1), conclusion: 'success' }));
    await scene.pass(minutes(4));
    expect(currentJobs(run)[0]).toMatchObject({ conclusion: 'cancelled', timedOut: true });
  });

  it('is cancelled when nobody takes it for a day', async () => {
    const scene = stage();
    const run = await scene.push(oneJob);
    await scene.pass(days(1));
    expect(run.conclusion).toBe('cancelled');
  });

  it('is completed once', async () => {
    const scene = stage();
    const run = await scene.push(oneJob);
    scene.start(scene.register('r', labels));
    await scene.pass(minutes(2));
    const job = currentJobs(run)[0];
    if (!job) throw new Error('no job');
    const { planId, guid } = job;
    const again = completeJob(scene.github.world, { planId, guid, conclusion: 'failure', outputs: {} });
    expect(again).toMatchObject({ status: 404 });
    expect(job.conclusion).toBe('success');
  });
});

describe('a switched belief', () => {
  it('shows a busy runner as idle', async () => {
    const scene = stage({ beliefs: { busyShownIdle: true } });
    const { world } = scene.github;
    const runner = scene.register('r', labels);
    scene.start(runner);
    await scene.push(oneJob);
    await scene.pass(seconds(1));
    expect([runner.job !== undefined, shownBusy(world, runner)]).toEqual([true, false]);
    expect(deleteRunner(world, scene.organization, runner.id)).toMatchObject({ status: 422 });
  });

  it('forgets a busy runner while its job goes on', async () => {
    const scene = stage({ beliefs: { deletionOfBusyRunner: '204' } });
    const { world } = scene.github;
    const runner = scene.register('r', labels);
    const { exit } = scene.start(runner);
    const run = await scene.push(oneJob);
    await scene.pass(seconds(1));
    expect(deleteRunner(world, scene.organization, runner.id)).toMatchObject({ ok: true });
    expect(findRunner(world, scene.organization, runner.id)).toMatchObject({ status: 404 });
    await scene.pass(minutes(2));
    expect([run.conclusion, await exit]).toEqual(['success', 0]);
  });

  it('refuses a configuration that is too old', async () => {
    const scene = stage({ beliefs: { jitConfigValidMs: minutes(5) } });
    const runner = scene.register('r', labels);
    await scene.pass(minutes(6));
    expect(await scene.start(runner).exit).toBe(1);
  });
});
