// The REST API of the simulator as an App uses it.

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CallFault } from '../../src/sim/github/faults.ts';
import { appJwt, simulatedGithub, until } from './octocat.ts';

const oneJob = 'on: push\njobs:\n  a: {runs-on: x, steps: [{run: x}]}\n';
const runner = { name: 'vm-1', runner_group_id: 1, labels: ['X', 'self-hosted'] };
const generate = '/orgs/acme/actions/runners/generate-jitconfig';

describe('who asks', () => {
  it.each([
    ['no JWT', () => ({ authorization: 'x' }), 'Requires authentication'],
    ['garbage', () => ({ authorization: 'Bearer a.b.c' }), 'could not be decoded'],
  ])('is refused with %s', async (_name, headers, message) => {
    await using world = await simulatedGithub();
    const response = await fetch(`${world.server.apiUrl}/app`, { headers: headers() });
    expect(response.status).toBe(401);
    expect(JSON.stringify(await response.json())).toContain(message);
  });

  it.each([
    [{ exp: 1 }, 'in the future'],
    [{ exp: 9_999_999_999 }, 'too far in the future'],
    [{ iat: 9_999_999_999 }, 'must be in the past'],
    [{ iss: 7 }, 'Integration not found'],
  ])('is refused with the claims %j', async (claims, message) => {
    await using world = await simulatedGithub();
    const authorization = `Bearer ${appJwt(world.server.app, claims)}`;
    const response = await fetch(`${world.server.apiUrl}/app`, { headers: { authorization } });
    expect(response.status).toBe(401);
    expect(JSON.stringify(await response.json())).toContain(message);
  });

  it('is refused with a token of another key, and what the App may not do', async () => {
    await using world = await simulatedGithub();
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const forged = appJwt({ ...world.server.app, privateKey });
    const headers = { authorization: `Bearer ${forged}` };
    expect((await fetch(`${world.server.apiUrl}/app`, { headers })).status).toBe(401);
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: oneJob });
    expect(await world.asInstallation('POST', `/repos/acme/app/actions/runs/${run.id}/cancel`)).toMatchObject(
      {
        status: 403,
        body: { message: 'Resource not accessible by integration' },
      },
    );
  });
});

describe('runners', () => {
  it('are registered, listed by name and page, looked at and deleted', async () => {
    await using world = await simulatedGithub();
    const made = await world.asInstallation('POST', generate, runner);
    expect(made).toMatchObject({
      status: 201,
      body: { runner: { name: 'vm-1', status: 'offline', busy: false } },
    });
    expect(made.body.runner.labels.map(({ name }: { name: string }) => name)).toEqual(['x', 'self-hosted']);
    const files = JSON.parse(Buffer.from(made.body.encoded_jit_config, 'base64').toString());
    expect(Object.keys(files)).toEqual(['.runner', '.credentials', '.credentials_rsaparams']);
    const settings = JSON.parse(Buffer.from(files['.runner'], 'base64').toString());
    expect(settings).toMatchObject({ AgentName: 'vm-1', UseV2Flow: 'True', Ephemeral: 'True' });
    expect(settings.ServerUrlV2).toBe(`${world.server.url}/broker/`);
    await world.asInstallation('POST', generate, { ...runner, name: 'vm-2' });
    const found = await world.asInstallation('GET', '/orgs/acme/actions/runners?name=vm-2');
    expect(found.body).toMatchObject({ total_count: 1, runners: [{ name: 'vm-2' }] });
    const first = await world.asInstallation('GET', '/orgs/acme/actions/runners?per_page=1');
    expect(first.body).toMatchObject({ total_count: 2, runners: [{ name: 'vm-1' }] });
    expect(first.headers.get('link')).toContain('page=2>; rel="next"');
    const path = `/orgs/acme/actions/runners/${made.body.runner.id}`;
    expect((await world.asInstallation('GET', path)).body.name).toBe('vm-1');
    expect((await world.asInstallation('DELETE', path)).status).toBe(204);
    expect((await world.asInstallation('DELETE', path)).status).toBe(404);
  });

  it('have RSA parameters of full length in standard base64', async () => {
    await using world = await simulatedGithub();
    const made = await world.asInstallation('POST', generate, runner);
    const files = JSON.parse(Buffer.from(made.body.encoded_jit_config, 'base64').toString());
    const key = JSON.parse(Buffer.from(files['.credentials_rsaparams'], 'base64').toString());
    const lengths = Object.entries(key).map(([name, value]) => [
      name,
      Buffer.from(String(value), 'base64').length,
    ]);
    expect(Object.fromEntries(lengths)).toEqual({
      d: 256,
      dp: 128,
      dq: 128,
      exponent: 3,
      inverseQ: 128,
      modulus: 256,
      p: 128,
      q: 128,
    });
    expect(JSON.stringify(key)).not.toMatch(/[-_]/);
  });

  it('of a repository belong to it alone', async () => {
    await using world = await simulatedGithub();
    const made = await world.asInstallation(
      'POST',
      '/repos/acme/app/actions/runners/generate-jitconfig',
      runner,
    );
    expect(made.status).toBe(201);
    expect((await world.asInstallation('GET', '/orgs/acme/actions/runners')).body.total_count).toBe(0);
    expect((await world.asInstallation('GET', '/repos/acme/app/actions/runners')).body.total_count).toBe(1);
    expect((await world.asInstallation('GET', '/repos/acme/none/actions/runners')).status).toBe(404);
  });

  it('may be registered without the caller hearing of it', async () => {
    let fault: CallFault = { kind: 'lost-answer' };
    await using world = await simulatedGithub({
      faults: { call: (operation) => (operation.includes('jitconfig') ? fault : { kind: 'none' }) },
    });
    await expect(world.asInstallation('POST', generate, runner)).rejects.toThrow();
    fault = { kind: 'none' };
    const again = await world.asInstallation('POST', generate, runner);
    expect(again).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('Already exists') },
    });
  });
});

describe('limits', () => {
  it('are counted, and a conditional request that changes nothing is free', async () => {
    await using world = await simulatedGithub();
    const first = await world.asInstallation('GET', '/orgs/acme/actions/runners');
    const etag = first.headers.get('etag') ?? '';
    const used = Number(first.headers.get('x-ratelimit-used'));
    const second = await world.asInstallation('GET', '/orgs/acme/actions/runners', undefined, {
      'if-none-match': etag,
    });
    expect([second.status, second.headers.get('x-ratelimit-used')]).toEqual([304, String(used)]);
  });

  it('refuse with 403: the hourly one by its headers, the secondary one by retry-after', async () => {
    await using hourly = await simulatedGithub({ beliefs: { requestsPerHour: 2 } });
    await hourly.asInstallation('GET', '/orgs/acme/actions/runners');
    await hourly.asInstallation('GET', '/orgs/acme/actions/runners');
    const exhausted = await hourly.asInstallation('GET', '/orgs/acme/actions/runners');
    expect(exhausted).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('API rate limit exceeded') },
    });
    expect(exhausted.headers.get('x-ratelimit-remaining')).toBe('0');
    await using secondary = await simulatedGithub({ beliefs: { secondaryPointsPerMinute: 9 } });
    await secondary.asInstallation('POST', generate, runner);
    const refused = await secondary.asInstallation('POST', generate, { ...runner, name: 'b' });
    expect(refused).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('secondary rate limit') },
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('runs and webhooks', () => {
  it('are seen by REST and arrive signed', async () => {
    await using world = await simulatedGithub();
    world.github.world.app.permissions.actions = 'write';
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: oneJob });
    const runs = await world.asInstallation('GET', '/repos/acme/app/actions/runs?status=queued');
    expect(runs.body).toMatchObject({ total_count: 1, workflow_runs: [{ id: run.id, run_attempt: 1 }] });
    const jobs = await world.asInstallation('GET', `/repos/acme/app/actions/runs/${run.id}/jobs`);
    expect(jobs.body.jobs[0]).toMatchObject({ name: 'a', status: 'queued', runner_id: null, labels: ['x'] });
    await until('a webhook', () => world.webhooks.length === 1);
    expect(world.webhooks[0]).toMatchObject({
      event: 'workflow_job',
      verified: true,
      payload: { action: 'queued' },
    });
    expect((await world.asInstallation('POST', `/repos/acme/app/actions/runs/${run.id}/cancel`)).status).toBe(
      202,
    );
    const job = await world.asInstallation('GET', `/repos/acme/app/actions/jobs/${jobs.body.jobs[0].id}`);
    expect(job.body).toMatchObject({ status: 'completed', conclusion: 'cancelled', runner_id: null });
    expect((await world.asInstallation('POST', `/repos/acme/app/actions/runs/${run.id}/rerun`)).status).toBe(
      201,
    );
    const all = await world.asInstallation('GET', `/repos/acme/app/actions/runs/${run.id}/jobs?filter=all`);
    expect(all.body.total_count).toBe(2);
  });

  it('are listed as deliveries and sent again on request, under the same GUID', async () => {
    await using world = await simulatedGithub();
    await world.asApp('POST', '/app/hook/pings');
    await until('the ping', () => world.webhooks.length === 1);
    expect(world.webhooks[0]).toMatchObject({ event: 'ping', verified: true });
    await world.github.world.deliveries.settled();
    const { body: listed } = await world.asApp('GET', '/app/hook/deliveries');
    expect(listed).toMatchObject([{ event: 'ping', status: 'OK', status_code: 202, redelivery: false }]);
    expect((await world.asApp('POST', `/app/hook/deliveries/${listed[0].id}/attempts`)).status).toBe(202);
    await until('the second ping', () => world.webhooks.length === 2);
    expect(world.webhooks[1]?.guid).toBe(listed[0].guid);
    const page = await world.asApp('GET', '/app/hook/deliveries?per_page=1');
    expect(page.body).toMatchObject([{ redelivery: true }]);
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    expect((await world.asApp('GET', next)).body).toMatchObject([{ id: listed[0].id }]);
    expect((await world.asApp('POST', '/app/hook/deliveries/1/attempts')).status).toBe(404);
  });

  it('goes to the URL that the App is told', async () => {
    await using world = await simulatedGithub();
    const url = world.github.world.app.hook.url;
    await world.asApp('PATCH', '/app/hook/config', { url: 'http://127.0.0.1:1/' });
    world.github.ping();
    await world.github.world.deliveries.settled();
    const { body: listed } = await world.asApp('GET', '/app/hook/deliveries');
    expect(listed).toMatchObject([{ status: 'failed to connect to host', status_code: 0 }]);
    await world.asApp('PATCH', '/app/hook/config', { url });
    expect((await world.asApp('GET', '/app/hook/config')).body.url).toBe(url);
  });
});
