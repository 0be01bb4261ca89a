// What the control plane may expect of GitHub, whoever plays it.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobId, runnerId, runnerName } from '../../src/domain/ids.ts';
import type { Scope } from '../../src/domain/scope.ts';
import type { DurationMs } from '../../src/domain/time.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type GitHub, GitHubError, type JobRef, type RepositoryRef } from '../../src/ports/github.ts';
import type { GitHubHook } from '../../src/ports/github-hook.ts';
import type { CallFault, Faults } from '../../src/sim/github/faults.ts';
import { runInProcess } from '../../src/sim/github/in-process-runner.ts';
import type { SimGithub, SimGithubOptions } from '../../src/sim/github/sim-github.ts';
import type { Conclusion, Run } from '../../src/sim/github/state.ts';
import { checksContract } from './github-checks.ts';
import { deliveriesContract } from './github-deliveries.ts';
import { logsContract } from './github-logs.ts';

export interface GitHubHarness {
  github: GitHub;
  hook: GitHubHook;
  /** The world behind it, in which the suite sets the scene. */
  sim: SimGithub;
  clock: Clock;
  /** Lets time pass for the world. */
  pass(ms: DurationMs): Promise<void>;
  close(): Promise<void>;
}

const oneJob = 'on: push\njobs:\n  build: {runs-on: [self-hosted, X], steps: [{run: make}]}\n';
const twoJobs =
  'on: push\njobs:\n  build: {runs-on: x, steps: [{run: make}]}\n  test: {needs: build, runs-on: x, steps: [{run: test}]}\n';

export function githubContract(
  name: string,
  open: (options: Pick<SimGithubOptions, 'beliefs' | 'faults'>) => Promise<GitHubHarness>,
): void {
  let harness: GitHubHarness;
  let organization: Scope;
  let personal: Scope;
  let app: RepositoryRef;
  const running: AbortController[] = [];

  async function begin(options: Pick<SimGithubOptions, 'beliefs' | 'faults'> = {}): Promise<void> {
    harness = await open(options);
    const { sim } = harness;
    sim.createOrganization('Acme');
    sim.createUser('sam');
    sim.createRepository({ owner: 'Acme', name: 'app' });
    sim.createRepository({ owner: 'sam', name: 'toy' });
    const [acme, sams] = [sim.installApp('Acme'), sim.installApp('sam')];
    organization = { kind: 'organization', installationId: acme.id, login: 'Acme', groupId: 1 };
    personal = { kind: 'repository', installationId: sams.id, owner: 'sam', name: 'toy' };
    const [repository] = await harness.github.repositories(acme.id);
    if (repository === undefined) throw new Error('no repository');
    app = repository;
  }

  const push = (workflowYaml: string): Promise<Run> =>
    harness.sim.push({ repository: 'Acme/app', workflowYaml });
  const refOf = (run: Run, index = 0): JobRef => {
    const id = run.jobs[index]?.id;
    if (id === undefined) throw new Error('the run has no such job');
    return { id, installationId: organization.installationId, repository: 'Acme/app' };
  };
  const register = async (scope: Scope, runner: string, labels: readonly string[] = ['self-hosted', 'x']) => {
    const made = await harness.github.registerRunner(scope, runnerName(runner), labels);
    if (made.kind !== 'registered') throw new Error(`not registered: ${JSON.stringify(made)}`);
    return made;
  };
  /** A runner that listens, and works on its job for as long as it is let. */
  function start(jitConfig: string, workMs: DurationMs, conclusion: Conclusion = 'success'): void {
    const abort = new AbortController();
    running.push(abort);
    const work = () => ({ durationMs: workMs, conclusion });
    void runInProcess({ github: harness.sim, clock: harness.clock, jitConfig, work, signal: abort.signal });
  }
  async function eventually(isSo: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 300; tries += 1) {
      if (await isSo()) return;
      await harness.pass(20);
    }
    throw new Error('it did not come to pass');
  }

  describe(`${name}: runners`, () => {
    beforeEach(() => begin());
    afterEach(end);

    it('are registered with exactly the labels asked for, and begin offline', async () => {
      for (const scope of [organization, personal]) {
        const made = await register(scope, 'vm-1', ['self-hosted', 'x']);
        expect(made.jitConfig.reveal()).toMatch(/^[\w+/=]{100,}$/);
        const expected = {
          id: made.runner,
          name: 'vm-1',
          online: false,
          busy: false,
          labels: ['self-hosted', 'x'],
        };
        expect(await harness.github.getRunner(scope, made.runner)).toEqual(expected);
        expect(await harness.github.findRunner(scope, runnerName('vm-1'))).toEqual(expected);
        expect(await harness.github.listRunners(scope)).toEqual([expected]);
      }
    });

    it('have a name of their own in their scope', async () => {
      await register(organization, 'vm-1');
      const again = harness.github.registerRunner(organization, runnerName('vm-1'), ['x']);
      expect(await again).toEqual({ kind: 'name-taken' });
      await register(personal, 'vm-1');
    });

    it('are refused in a group that is not there', async () => {
      const elsewhere: Scope = { ...organization, groupId: 99 } as Scope;
      const refused = await harness.github.registerRunner(elsewhere, runnerName('vm-1'), ['x']);
      expect(refused).toMatchObject({ kind: 'refused' });
      expect(await harness.github.listRunners(organization)).toEqual([]);
    });

    it('that are not there are absent', async () => {
      expect(await harness.github.getRunner(organization, runnerId(123_456))).toBeUndefined();
      expect(await harness.github.findRunner(organization, runnerName('nobody'))).toBeUndefined();
      expect(await harness.github.deleteRunner(organization, runnerId(123_456))).toBe('absent');
    });

    it('are deleted once, then absent, and their name is free again', async () => {
      const { runner } = await register(organization, 'vm-1');
      expect(await harness.github.deleteRunner(organization, runner)).toBe('deleted');
      expect(await harness.github.deleteRunner(organization, runner)).toBe('absent');
      await register(organization, 'vm-1');
    });

    it('with a job are busy, and not deleted', async () => {
      const { runner, jitConfig } = await register(organization, 'vm-1');
      start(jitConfig.reveal(), 3_600_000);
      await eventually(async () => (await harness.github.getRunner(organization, runner))?.online === true);
      const run = await push(oneJob);
      await eventually(
        async () => (await harness.github.readJob(refOf(run))) !== 'missing' && isBusy(runner),
      );
      expect(await harness.github.deleteRunner(organization, runner)).toBe('busy');
    });

    it('are all listed, however many they are', async () => {
      for (let i = 0; i < 105; i += 1) await register(organization, `vm-${i}`);
      expect(await harness.github.listRunners(organization)).toHaveLength(105);
      expect(await harness.github.findRunner(organization, runnerName('vm-104'))).toMatchObject({
        name: 'vm-104',
      });
    });

    const isBusy = async (id: Parameters<GitHub['getRunner']>[1]): Promise<boolean> =>
      (await harness.github.getRunner(organization, id))?.busy === true;
  });

  describe(`${name}: jobs`, () => {
    beforeEach(() => begin());
    afterEach(end);

    it('are read from queued to done, with the runner that did them', async () => {
      const run = await push(oneJob);
      const before = harness.clock.now();
      const queued = await harness.github.readJob(refOf(run));
      expect(queued).toMatchObject({ source: 'read', status: 'queued' });
      if (queued === 'missing') throw new Error('missing');
      expect(queued.asOf).toBe(queued.heardAt);
      expect(queued.asOf).toBeGreaterThanOrEqual(before);
      expect(queued.runner).toBeUndefined();
      const { runner, jitConfig } = await register(organization, 'vm-1');
      start(jitConfig.reveal(), 1, 'failure');
      await eventually(async () => {
        const fact = await harness.github.readJob(refOf(run));
        return fact !== 'missing' && fact.status === 'completed';
      });
      expect(await harness.github.readJob(refOf(run))).toMatchObject({
        status: 'completed',
        conclusion: 'failure',
        runner: { id: runner, name: 'vm-1' },
      });
    });

    it('that are not there, or not in this repository, are missing', async () => {
      const ref = refOf(await push(oneJob));
      expect(await harness.github.readJob({ ...ref, id: jobId(999_999) })).toBe('missing');
      expect(await harness.github.readJob({ ...ref, repository: 'Acme/other' })).toBe('missing');
    });

    it('of runs that are queued or in progress are listed, with their identity', async () => {
      expect(await harness.github.openJobs(app)).toEqual({ jobs: [] });
      const run = await push(oneJob);
      const ref = refOf(run);
      const {
        jobs: [seen, ...others],
      } = await harness.github.openJobs(app);
      expect(others).toEqual([]);
      expect(seen).toMatchObject({
        identity: {
          id: ref.id,
          runId: run.id,
          runAttempt: 1,
          name: 'build',
          headBranch: 'main',
          repository: { id: app.id, fullName: 'Acme/app', private: true, fork: false },
          labels: ['self-hosted', 'x'],
        },
        run: run.id,
        fact: { source: 'read', status: 'queued' },
      });
      expect(seen?.since).toBe(Math.floor(run.createdAt / 1000) * 1000);
      harness.sim.cancel(run, { force: true });
      expect(await harness.github.openJobs(app)).toEqual({ jobs: [] });
    });

    it('of a run that goes on are listed while one of them runs', async () => {
      const run = await push(twoJobs);
      const { jitConfig } = await register(organization, 'vm-1', ['x']);
      start(jitConfig.reveal(), 1);
      await eventually(async () => run.jobs[0]?.phase === 'completed');
      const names = (await harness.github.openJobs(app)).jobs.map(({ identity, fact }) => [
        identity.name,
        fact.status,
      ]);
      expect(names).toContainEqual(['test', 'queued']);
    });
  });

  describe(`${name}: the App`, () => {
    beforeEach(() => begin());
    afterEach(end);

    it('tells who it is, and what it may', async () => {
      expect(await harness.github.app()).toMatchObject({
        id: harness.sim.world.app.id,
        slug: 'bellows',
        permissions: { organization_self_hosted_runners: 'write', administration: 'write' },
        events: ['workflow_job'],
      });
    });

    it('knows its installations, those that are suspended left out', async () => {
      const all = await harness.github.installations();
      expect(all.map(({ account, accountKind }) => [account, accountKind])).toEqual([
        ['Acme', 'organization'],
        ['sam', 'user'],
      ]);
      const sams = harness.sim.world.state.installations.get(personal.installationId);
      if (sams !== undefined) sams.suspended = true;
      expect((await harness.github.installations()).map(({ account }) => account)).toEqual(['Acme']);
    });

    it('knows the repositories of an installation', async () => {
      expect(app).toEqual({
        id: app.id,
        fullName: 'Acme/app',
        installationId: organization.installationId,
        private: true,
        fork: false,
        ownerKind: 'organization',
      });
      const [toy] = await harness.github.repositories(personal.installationId);
      expect(toy).toMatchObject({ fullName: 'sam/toy', ownerKind: 'user' });
    });

    it('knows what is left of an installation to ask', async () => {
      const before = await harness.github.budget(organization.installationId);
      await harness.github.listRunners(organization);
      const after = await harness.github.budget(organization.installationId);
      expect(after).toMatchObject({ limit: 5_000 });
      expect((before?.remaining ?? 0) - (after?.remaining ?? 0)).toBe(1);
      expect(after?.resetAt).toBeGreaterThan(harness.clock.now());
    });

    it('knows the runner groups of an organisation', async () => {
      harness.sim.createRunnerGroup('Acme', { name: 'big', repositories: ['app'] });
      const groups = await harness.github.runnerGroups(organization);
      expect(groups).toContainEqual(expect.objectContaining({ id: 1, visibility: 'all' }));
      expect(groups).toContainEqual(expect.objectContaining({ name: 'big', visibility: 'selected' }));
    });

    it('knows which of them are for a repository', async () => {
      harness.sim.createRepository({ owner: 'Acme', name: 'left-out' });
      harness.sim.createRunnerGroup('Acme', { name: 'big', repositories: ['app'] });
      const named = async (repository: string): Promise<readonly string[]> =>
        (await harness.github.runnerGroups(organization, repository)).map(({ name: group }) => group);
      expect(await named('Acme/app')).toEqual(expect.arrayContaining(['Default', 'big']));
      expect(await named('Acme/left-out')).toContain('Default');
      expect(await named('Acme/left-out')).not.toContain('big');
    });
  });

  logsContract(name, {
    begin: () => begin(),
    end,
    harness: () => harness,
    job: async () => refOf(await push(oneJob)),
  });

  checksContract(name, {
    begin: () => begin(),
    end,
    harness: () => harness,
    async commit() {
      const { headSha: sha } = await push(oneJob);
      return { installationId: organization.installationId, repository: 'Acme/app', sha };
    },
  });

  deliveriesContract(name, {
    begin,
    end,
    harness: () => harness,
    about: () => ({ installationId: organization.installationId, repositoryId: app.id }),
    eventually,
  });

  describe(`${name}: trouble`, () => {
    afterEach(end);

    it('of GitHub is told as such, and the work may have been done all the same', async () => {
      let isBroken = false;
      const call = (operation: string) =>
        isBroken && operation.includes('jitconfig')
          ? ({ kind: 'lost-answer' } as const)
          : ({ kind: 'none' } as const);
      await begin({ faults: { call } });
      isBroken = true;
      const error = await failure(harness.github.registerRunner(organization, runnerName('vm-1'), ['x']));
      expect(error.kind).toBe('unavailable');
      isBroken = false;
      expect(await harness.github.registerRunner(organization, runnerName('vm-1'), ['x'])).toEqual({
        kind: 'name-taken',
      });
      const lost = await harness.github.findRunner(organization, runnerName('vm-1'));
      if (lost === undefined) throw new Error('it was registered');
      expect(await harness.github.deleteRunner(organization, lost.id)).toBe('deleted');
    });

    it('of GitHub is no answer about its deliveries either', async () => {
      let isBroken = false;
      const call = () =>
        isBroken ? ({ kind: 'refused', status: 503 } as const) : ({ kind: 'none' } as const);
      await begin({ faults: { call } });
      isBroken = true;
      expect((await failure(harness.hook.deliveries())).kind).toBe('unavailable');
      expect((await failure(harness.hook.redeliver(1))).kind).toBe('unavailable');
    });

    it('with a name that nobody has is a taken name all the same', async () => {
      await begin({ faults: onRegistration({ kind: 'refused', status: 409 }) });
      const asked = harness.github.registerRunner(organization, runnerName('fresh'), ['x']);
      expect(await asked).toEqual({ kind: 'name-taken' });
      expect(await harness.github.listRunners(organization)).toEqual([]);
    });

    it('with the secondary limit says when to come back, and nothing was done', async () => {
      await begin({ faults: onRegistration({ kind: 'refused', status: 403, retryAfterSeconds: 90 }) });
      const before = harness.clock.now();
      const error = await failure(harness.github.registerRunner(organization, runnerName('vm-1'), ['x']));
      expect(error.kind).toBe('rate-limited');
      expect(error.retryAt).toBeGreaterThanOrEqual(before + 90_000);
      expect(harness.sim.world.state.runners.size).toBe(0);
    });

    it('without an answer, in time or ever, is told as such', async () => {
      await begin({ faults: onRegistration({ kind: 'timeout', ms: 200 }) });
      const asked = failure(harness.github.registerRunner(organization, runnerName('vm-1'), ['x']));
      await harness.pass(1000);
      const error = await asked;
      expect(error.kind).toBe('unavailable');
      expect(await harness.github.listRunners(organization)).toEqual([]);
    });

    it('with a limit says when to come back', async () => {
      await begin({ beliefs: { registrationsPer5Min: 1 } });
      await register(organization, 'vm-1');
      const error = await failure(harness.github.registerRunner(organization, runnerName('vm-2'), ['x']));
      expect(error.kind).toBe('rate-limited');
      expect(error.retryAt).toBeGreaterThan(harness.clock.now());
    });
  });

  async function end(): Promise<void> {
    for (const abort of running.splice(0)) abort.abort();
    harness.sim.close();
    await harness.close();
  }
}

const onRegistration = (fault: CallFault): Partial<Faults> => ({
  call: (operation) => (operation.includes('jitconfig') ? fault : { kind: 'none' }),
});

async function failure(promise: Promise<unknown>): Promise<GitHubError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GitHubError)) throw new Error('expected a GitHubError', { cause: error });
  return error;
}
