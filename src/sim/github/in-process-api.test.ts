import { describe, expect, it } from 'vitest';
import { runnerName } from '../../domain/ids.ts';
import type { Scope } from '../../domain/scope.ts';
import { minutes } from '../../domain/time.ts';
import type { CallFault } from './faults.ts';
import { InProcessGitHub } from './in-process-api.ts';
import { runInProcess } from './in-process-runner.ts';
import { stage } from './stage.ts';

const oneJob = 'on: push\njobs:\n  a: {runs-on: x, steps: [{run: x}]}\n';

async function scene(options: Parameters<typeof stage>[0] = {}) {
  const set = stage(options);
  const api = new InProcessGitHub(set.github);
  const [installation] = await api.installations();
  if (!installation) throw new Error('not installed');
  const scope: Scope = { kind: 'organization', installationId: installation.id, login: 'Acme', groupId: 1 };
  const [repository] = await api.repositories(installation.id);
  if (!repository) throw new Error('no repository');
  return { ...set, api, scope, repository };
}

describe('the in-process twin', () => {
  it('takes a job from queued to done by a runner of its own making', async () => {
    const { api, scope, repository, github, clock, push, pass } = await scene();
    await push(oneJob);
    const {
      jobs: [seen],
    } = await api.openJobs(repository);
    expect(seen).toMatchObject({
      identity: { name: 'a', labels: ['x'] },
      fact: { status: 'queued', source: 'read' },
    });
    const made = await api.registerRunner(scope, runnerName('vm-1'), ['x']);
    if (made.kind !== 'registered') throw new Error(made.kind);
    const signal = new AbortController().signal;
    const work = () => ({ durationMs: minutes(1), conclusion: 'success' as const });
    void runInProcess({ github, clock, jitConfig: made.jitConfig.reveal(), work, signal });
    await pass(1000);
    expect(await api.findRunner(scope, runnerName('VM-1'))).toMatchObject({ online: true, busy: true });
    expect(await api.deleteRunner(scope, made.runner)).toBe('busy');
    await pass(minutes(2));
    expect(await api.deleteRunner(scope, made.runner)).toBe('absent');
    const job = {
      id: seen?.identity.id ?? expect.fail('no job'),
      installationId: scope.installationId,
      repository: 'acme/app',
    };
    expect(await api.readJob(job)).toMatchObject({
      status: 'completed',
      conclusion: 'success',
      runner: { name: 'vm-1' },
    });
    expect(await api.readJob({ ...job, repository: 'acme/other' })).toBe('missing');
    expect(await api.openJobs(repository)).toEqual({ jobs: [] });
  });

  it('tells a taken name and a refusal from a failure', async () => {
    const { api, scope } = await scene();
    await api.registerRunner(scope, runnerName('r'), ['x']);
    expect(await api.registerRunner(scope, runnerName('r'), ['x'])).toEqual({ kind: 'name-taken' });
    const closed = { ...scope, groupId: 99 };
    expect(await api.registerRunner(closed, runnerName('s'), ['x'])).toMatchObject({ kind: 'refused' });
  });

  it('registers although the answer is lost, and says when to come back at the limit', async () => {
    let fault: CallFault = { kind: 'lost-answer' };
    const { api, scope, clock } = await scene({
      beliefs: { registrationsPer5Min: 1 },
      faults: { call: (operation) => (operation.includes('jitconfig') ? fault : { kind: 'none' }) },
    });
    await expect(api.registerRunner(scope, runnerName('r'), ['x'])).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(await api.listRunners(scope)).toHaveLength(1);
    fault = { kind: 'none' };
    await expect(api.registerRunner(scope, runnerName('s'), ['x'])).rejects.toMatchObject({
      kind: 'rate-limited',
      retryAt: clock.now() + minutes(5),
    });
  });

  it('shows groups and what the App may do', async () => {
    const { api, scope } = await scene();
    expect((await api.runnerGroups(scope)).map(({ id, name }) => [id, name])).toEqual([
      [1, 'Default'],
      [2, 'GitHub Actions'],
    ]);
    expect(await api.app()).toMatchObject({ slug: 'bellows', events: ['workflow_job'] });
  });
});
