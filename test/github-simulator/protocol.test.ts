// The runner's protocol, called by hand: what a well-behaved runner never shows.

import { describe, expect, it } from 'vitest';
import { Credentials } from '../../guest/sim-runner/credentials.ts';
import { send } from '../../guest/sim-runner/http.ts';
import { readJitConfiguration } from '../../guest/sim-runner/jit-configuration.ts';
import { currentJobs } from '../../src/sim/github/runs.ts';
import { simulatedGithub, until, type World } from './octocat.ts';

const oneJob = 'on: push\njobs:\n  a: {runs-on: x, steps: [{run: x}]}\n';

/** A registered runner of which we make the calls. */
async function connect(world: World, name: string) {
  const request = { name, runner_group_id: 1, labels: ['x'] };
  const made = await world.asInstallation('POST', '/orgs/acme/actions/runners/generate-jitconfig', request);
  const configuration = readJitConfiguration(made.body.encoded_jit_config);
  const token = await new Credentials(configuration).token();
  const call = (method: 'GET' | 'POST' | 'DELETE', path: string, json?: unknown, signal?: AbortSignal) =>
    send({ method, url: `${world.server.url}${path}`, token, json, ...(signal ? { signal } : {}) });
  const opened = await call('POST', '/broker/session', { agent: { name, version: '2.336.0' } });
  const poll = (status: 'Online' | 'Busy', signal?: AbortSignal) =>
    call('GET', `/broker/message?sessionId=${opened.body.sessionId}&status=${status}`, undefined, signal);
  return { configuration, call, poll, opened };
}

const runnerNamed = (world: World, name: string) =>
  [...world.github.world.state.runners.values()].find((runner) => runner.name === name);

describe('a token', () => {
  it('is refused to a stranger and to a wrong key, and every call without one', async () => {
    await using world = await simulatedGithub();
    const { configuration } = await connect(world, 'r');
    await using other = await simulatedGithub();
    const { configuration: foreign } = await connect(other, 'r');
    const stranger = new Credentials({ ...configuration, clientId: 'nobody' });
    await expect(stranger.token()).rejects.toMatchObject({ name: 'RegistrationGone' });
    const late = { ...foreign, authorizationUrl: configuration.authorizationUrl };
    await expect(new Credentials(late).token()).rejects.toMatchObject({ name: 'RegistrationGone' });
    for (const path of ['/broker/session', '/run/1/acquirejob', '/run/1/renewjob', '/run/1/completejob']) {
      expect(await send({ method: 'POST', url: `${world.server.url}${path}`, json: {} })).toMatchObject({
        status: 401,
      });
    }
    expect((await send({ method: 'GET', url: `${world.server.url}/broker/message` })).status).toBe(401);
  });
});

describe('a poll', () => {
  it('is held, and answered with nothing at its end', async () => {
    await using world = await simulatedGithub({ beliefs: { pollHoldMs: 200 } });
    const { poll } = await connect(world, 'r');
    const start = performance.now();
    expect(await poll('Online')).toMatchObject({ status: 202, body: {} });
    expect(performance.now() - start).toBeGreaterThan(150);
  });

  it('that was given up takes no job with it', async () => {
    await using world = await simulatedGithub();
    const { poll } = await connect(world, 'r');
    const abort = new AbortController();
    const first = poll('Online', abort.signal);
    await until('the poll to be held', () => runnerNamed(world, 'r')?.session?.polls === 1);
    abort.abort();
    await expect(first).rejects.toThrow();
    await until('the poll to be over', () => runnerNamed(world, 'r')?.session?.polls === 0);
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: oneJob });
    expect(currentJobs(run)[0]?.phase).toBe('queued');
    const { body } = await poll('Online');
    expect(body.messageType).toBe('RunnerJobRequest');
    expect(currentJobs(run)[0]?.phase).toBe('assigned');
  });

  it('of a session that is not known, or of a runner that is gone, says so in the broker’s words', async () => {
    await using world = await simulatedGithub();
    const { call, poll } = await connect(world, 'r');
    expect((await call('GET', '/broker/message?sessionId=x&status=Online')).body).toMatchObject({
      source: 'actions-broker-listener',
      errorKind: 'RunnerSessionInvalid',
    });
    const id = runnerNamed(world, 'r')?.id;
    const held = poll('Online');
    await until('the poll to be held', () => runnerNamed(world, 'r')?.session?.polls === 1);
    await world.asInstallation('DELETE', `/orgs/acme/actions/runners/${id}`);
    expect((await held).body).toMatchObject({ errorKind: 'RunnerNotFound', statusCode: 404 });
  });
});

describe('a job', () => {
  it('is acquired by its runner, once, renewed and completed, once', async () => {
    await using world = await simulatedGithub();
    const mine = await connect(world, 'mine');
    const other = await connect(world, 'other');
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: oneJob });
    const { body: message } = await mine.poll('Online');
    const offer = JSON.parse(String(message.body));
    expect(offer).toMatchObject({ should_acknowledge: true, run_service_url: `${world.server.url}/run/1/` });
    expect(
      (await mine.call('POST', '/broker/acknowledge', { runnerRequestId: offer.runner_request_id })).status,
    ).toBe(200);
    expect(
      (await other.call('POST', '/broker/acknowledge', { runnerRequestId: offer.runner_request_id })).body,
    ).toMatchObject({ errorKind: 'AcknowledgeJobNotFound' });
    const take = { jobMessageId: offer.runner_request_id };
    expect(await other.call('POST', '/run/1/acquirejob', take)).toMatchObject({
      status: 404,
      body: { source: 'actions-run-service', statusCode: 404 },
    });
    const { body: job } = await mine.call('POST', '/run/1/acquirejob', take);
    expect(job).toMatchObject({ messageType: 'RunnerJobRequest', jobDisplayName: 'a' });
    expect((await mine.call('POST', '/run/1/acquirejob', take)).status).toBe(409);
    const ids = { planId: (job.plan as { planId: string }).planId, jobId: job.jobId };
    const renewed = await mine.call('POST', '/run/1/renewjob', ids);
    expect(Date.parse(String(renewed.body.lockedUntil))).toBeGreaterThan(Date.now());
    const report = { ...ids, conclusion: 'succeeded', outputs: { o: { value: 'v' } }, stepResults: [] };
    expect((await mine.call('POST', '/run/1/completejob', report)).status).toBe(204);
    expect((await mine.call('POST', '/run/1/completejob', report)).status).toBe(404);
    expect(currentJobs(run)[0]).toMatchObject({ conclusion: 'success', outputs: { o: 'v' } });
    expect((await mine.call('DELETE', '/broker/session')).status).toBe(204);
  });

  it('that is cancelled is told to the runner that polls as busy', async () => {
    await using world = await simulatedGithub();
    const { call, poll } = await connect(world, 'r');
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: oneJob });
    const offer = JSON.parse(String((await poll('Online')).body.body));
    const { body: job } = await call('POST', '/run/1/acquirejob', { jobMessageId: offer.runner_request_id });
    const busy = poll('Busy');
    world.github.cancel(run);
    const { body: message } = await busy;
    expect(message.messageType).toBe('JobCancellation');
    expect(JSON.parse(String(message.body))).toEqual({ jobId: job.jobId, timeout: '00:05:00' });
  });
});

describe('the classic calls', () => {
  it('lead to the broker', async () => {
    await using world = await simulatedGithub();
    const { call } = await connect(world, 'r');
    const { body: connection } = await call('GET', '/classic/_apis/connectionData?connectOptions=1');
    expect(JSON.stringify(connection)).toContain('134e239e-2df3-4794-a6f6-24f1f19ec8dc');
    const { body: session } = await call('POST', '/classic/_apis/distributedtask/pools/1/sessions', {});
    expect(session.brokerMigrationMessage).toEqual({ brokerBaseUrl: `${world.server.url}/broker` });
  });
});
