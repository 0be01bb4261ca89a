// Each fault of webhooks, by what arrives and by what GitHub's books say.

import { describe, expect, it } from 'vitest';
import { hours, minutes } from '../../domain/time.ts';
import type { DeliveryFault, WebhookService } from './faults.ts';
import { actionsOf, stage } from './stage.ts';
import type { Job, Run } from './state.ts';
import { type SimpleJob, workflowOf } from './workflow/workflow-of.ts';

const simple: SimpleJob = { key: 'a', labels: ['x'] };
const begin = (scene: ReturnType<typeof stage>, ...jobs: SimpleJob[]): Run =>
  scene.github.start({
    repository: 'acme/app',
    workflow: workflowOf('ci', jobs.length > 0 ? jobs : [simple]),
  });
const jobOf = (run: Run, index = 0): Job => run.jobs[index] ?? expect.fail('no such job');
const log = (scene: ReturnType<typeof stage>) =>
  scene.github.world.deliveries.list({ perPage: 100, cursor: undefined }).deliveries;

/** A job from queued to done, with these faults of its deliveries. */
async function oneLife(delivery: (action: string | undefined) => DeliveryFault) {
  const scene = stage({ faults: { delivery: ({ action }) => delivery(action) } });
  const job = jobOf(begin(scene));
  scene.start(scene.register('r', ['x']));
  await scene.pass(minutes(2));
  return { scene, job };
}

describe('the deliveries of a job', () => {
  it('may all come in reverse', async () => {
    const { scene, job } = await oneLife(() => ({ kind: 'reverse', withinMs: hours(1) }));
    expect(actionsOf(scene.deliveries, job)).toBe('completed, in_progress, queued');
    expect(log(scene).map(({ action }) => action)).toEqual(['queued', 'in_progress', 'completed']);
  });

  it('that are held for the end come without it when it is far', async () => {
    const scene = stage({ faults: { delivery: () => ({ kind: 'reverse', withinMs: hours(1) }) } });
    const job = jobOf(begin(scene));
    await scene.pass(minutes(59));
    expect(actionsOf(scene.deliveries, job)).toBe('');
    await scene.pass(minutes(2));
    expect(actionsOf(scene.deliveries, job)).toBe('queued');
  });

  it.each(['queued', 'in_progress', 'completed'])('may lack %s', async (missing) => {
    const { scene, job } = await oneLife((action) =>
      action === missing ? { kind: 'never-sent' } : { kind: 'deliver' },
    );
    const others = ['queued', 'in_progress', 'completed'].filter((action) => action !== missing);
    expect(actionsOf(scene.deliveries, job)).toBe(others.join(', '));
    expect(log(scene)).toHaveLength(2);
  });

  it('may come hours late, and are in the books from when they were sent', async () => {
    const { scene, job } = await oneLife((action) =>
      action === 'queued' ? { kind: 'delay', ms: hours(3) } : { kind: 'deliver' },
    );
    expect(log(scene)).toHaveLength(2);
    await scene.pass(hours(3));
    expect(actionsOf(scene.deliveries, job)).toBe('in_progress, completed, queued');
    expect(log(scene)[0]).toMatchObject({ action: 'queued', deliveredAt: scene.clock.now() - minutes(2) });
  });

  it('may be missing in a page of the books', async () => {
    const scene = stage({ faults: { listMisses: (list, id) => list === 'deliveries' && id % 2 === 0 } });
    begin(scene, { ...simple, width: 4 });
    await scene.pass();
    expect(scene.deliveries).toHaveLength(4);
    expect(log(scene)).toHaveLength(2);
  });
});

describe('an outage of webhooks', () => {
  it.each([
    ['failing', 1],
    ['silent', 0],
  ] as const)('(%s) delivers nothing, also not what was asked for', async (service, noted) => {
    let webhooks: WebhookService = 'up';
    const scene = stage({ faults: { webhooks: () => webhooks } });
    begin(scene);
    await scene.pass();
    webhooks = service;
    const job = jobOf(begin(scene));
    await scene.pass();
    expect(actionsOf(scene.deliveries, job)).toBe('');
    expect(log(scene)).toHaveLength(1 + noted);
    scene.github.world.deliveries.redeliver(log(scene).at(-1)?.id ?? 0);
    await scene.pass();
    expect(scene.deliveries).toHaveLength(1);
    if (noted > 0) expect(log(scene)[0]).toMatchObject({ statusCode: 0, redelivery: true });
    webhooks = 'up';
    begin(scene);
    await scene.pass();
    expect(scene.deliveries).toHaveLength(2);
  });
});

describe('an environment', () => {
  it.each([
    ['waiting', 'waiting/waiting, queued/queued'],
    ['queued-then-waiting', 'queued/queued, waiting/waiting, queued/queued'],
    ['queued-says-waiting', 'queued/waiting, waiting/waiting, queued/queued'],
  ] as const)('announces its job (%s) with times that do not order', async (protectedJob, told) => {
    const scene = stage({ beliefs: { protectedJob } });
    scene.github.createRepository({ owner: 'acme', name: 'live', protectedEnvironments: ['production'] });
    const workflow = workflowOf('deploy', [{ ...simple, environment: 'production' }]);
    const run = scene.github.start({ repository: 'acme/live', workflow });
    await scene.pass(minutes(5));
    expect(scene.github.approve(jobOf(run)).ok).toBe(true);
    await scene.pass();
    const sent = scene.deliveries.map(({ delivery, body }) => ({
      action: delivery.action,
      job: JSON.parse(body).workflow_job,
    }));
    expect(sent.map(({ action, job }) => `${action}/${job.status}`).join(', ')).toBe(told);
    expect(new Set(sent.map(({ job }) => `${job.created_at} ${job.started_at}`)).size).toBe(1);
  });

  it('may refuse its job', async () => {
    const scene = stage();
    scene.github.createRepository({ owner: 'acme', name: 'live', protectedEnvironments: ['production'] });
    const workflow = workflowOf('deploy', [{ ...simple, environment: 'production' }]);
    const run = scene.github.start({ repository: 'acme/live', workflow });
    expect(scene.github.reject(jobOf(run)).ok).toBe(true);
    await scene.pass();
    expect(actionsOf(scene.deliveries, jobOf(run))).toBe('waiting, completed');
    expect(run.conclusion).toBe('failure');
    expect(scene.github.reject(jobOf(run))).toMatchObject({ status: 422 });
  });
});
