// Every answer of the simulator's REST API against GitHub's own description of it.

import { describe, expect, it } from 'vitest';
import { restRoutes } from '../../src/sim/github/http/server.ts';
import { Shell } from '../../src/sim/github/http/shell.ts';
import { stage } from '../../src/sim/github/stage.ts';
import type { Run } from '../../src/sim/github/state.ts';
import { type Answered, simulatedGithub, until, type World } from './octocat.ts';
import { OpenApiCheck } from './openapi-check.ts';
import { startRunner } from './runner-process.ts';

const workflowYaml = `on: push
jobs:
  a: {runs-on: x, steps: [{run: echo hello}]}
  b: {runs-on: nobody, steps: [{run: x}]}
`;

/** A world in which something of everything is there: a finished job with a log, a queued one, runners, deliveries. */
async function livelyWorld() {
  const world = await simulatedGithub();
  const { github } = world;
  github.world.app.permissions.actions = 'write';
  github.createUser('somebody');
  github.installApp('somebody');
  github.createRunnerGroup('acme', { name: 'closed', repositories: ['app'] });
  const run = await github.push({ repository: 'acme/app', workflowYaml });
  const request = { name: 'r', runner_group_id: 1, labels: ['x'] };
  const made = await world.asInstallation('POST', '/orgs/acme/actions/runners/generate-jitconfig', request);
  using runner = startRunner(made.body.encoded_jit_config);
  expect(await runner.exit).toBe(0);
  await until('webhooks', () => world.webhooks.length >= 4);
  return { world, run };
}

type Call = (
  as: 'asApp' | 'asInstallation',
  method: string,
  template: string,
  values?: Record<string, unknown>,
  body?: unknown,
) => Promise<Answered['body']>;

/** Calls a path template with its parameters filled in, and notes what is wrong with the answer. */
function checkedCalls(world: World, check: OpenApiCheck, problems: string[]): Call {
  const usual = { org: 'acme', owner: 'acme', repo: 'app', username: 'somebody' };
  return async (as, method, template, values = {}, body = undefined) => {
    const all: Record<string, unknown> = { ...usual, ...values };
    const path = template.replace(/\{(\w+)\}/g, (_match, key: string) => String(all[key]));
    const answered = await world[as](method, path, body);
    problems.push(...check.problems(method, template, answered));
    return answered.body;
  };
}

async function callAsApp(call: Call, webhookUrl: string | undefined): Promise<void> {
  await call('asApp', 'GET', '/app');
  const [installation] = await call('asApp', 'GET', '/app/installations');
  const one = { installation_id: installation.id };
  await call('asApp', 'GET', '/app/installations/{installation_id}', one);
  await call('asApp', 'POST', '/app/installations/{installation_id}/access_tokens', one);
  await call('asApp', 'GET', '/orgs/{org}/installation');
  await call('asApp', 'GET', '/users/{username}/installation');
  await call('asApp', 'GET', '/repos/{owner}/{repo}/installation');
  await call('asApp', 'GET', '/app/hook/config');
  await call('asApp', 'PATCH', '/app/hook/config', {}, { url: webhookUrl });
  const [delivery] = await call('asApp', 'GET', '/app/hook/deliveries');
  await call('asApp', 'GET', '/app/hook/deliveries/{delivery_id}', { delivery_id: delivery.id });
  await call('asApp', 'POST', '/app/hook/deliveries/{delivery_id}/attempts', { delivery_id: delivery.id });
}

async function callAboutRunners(call: Call): Promise<void> {
  await call('asInstallation', 'GET', '/orgs/{org}/actions/runner-groups');
  for (const base of ['/orgs/{org}/actions', '/repos/{owner}/{repo}/actions']) {
    const request = { name: 'new', runner_group_id: 1, labels: ['x'] };
    const generate = `${base}/runners/generate-jitconfig`;
    const { runner } = await call('asInstallation', 'POST', generate, {}, request);
    await call('asInstallation', 'POST', generate, {}, request);
    await call('asInstallation', 'POST', generate, {}, { ...request, labels: [] });
    await call('asInstallation', 'GET', `${base}/runners`);
    await call('asInstallation', 'GET', `${base}/runners/{runner_id}`, { runner_id: runner.id });
    await call('asInstallation', 'DELETE', `${base}/runners/{runner_id}`, { runner_id: runner.id });
  }
}

/** What a person's own token shows. */
async function callAsPerson(world: World, check: OpenApiCheck, problems: string[]): Promise<void> {
  world.github.createRepository({ owner: 'somebody', name: 'own' });
  const calls: readonly (readonly [template: string, path?: string])[] = [
    ['/user'],
    ['/user/repos'],
    ['/users/{username}', '/users/somebody'],
    ['/users/{username}', '/users/nobody-known'],
    ['/users/{username}/repos', '/users/somebody/repos'],
    ['/orgs/{org}', '/orgs/acme'],
    ['/orgs/{org}', '/orgs/somebody'],
    ['/orgs/{org}/repos', '/orgs/acme/repos'],
  ];
  for (const [template, path = template] of calls) {
    problems.push(...check.problems('GET', template, await world.asPerson('somebody', path)));
  }
}

/** What somebody who has signed in belongs to. */
async function callAsSignedIn(world: World, check: OpenApiCheck, problems: string[]): Promise<void> {
  world.github.setMembership({ organization: 'acme', user: 'somebody' }, 'active');
  world.github.createTeam({ organization: 'acme', slug: 'platform', members: ['somebody'] });
  for (const path of ['/user', '/user/memberships/orgs', '/user/teams']) {
    const answered = await world.asSignedIn('somebody', path);
    if (path !== '/user') expect(answered.body).toHaveLength(1);
    problems.push(...check.problems('GET', path, answered));
  }
}

async function callAboutChecks(call: Call, { headSha }: Run): Promise<void> {
  const checks = '/repos/{owner}/{repo}/check-runs';
  const output = { title: 'Waits', summary: 'for a host' };
  const made = await call('asInstallation', 'POST', checks, {}, { name: 'x', head_sha: headSha, output });
  const one = { check_run_id: made.id };
  await call('asInstallation', 'GET', `${checks}/{check_run_id}`, one);
  await call('asInstallation', 'PATCH', `${checks}/{check_run_id}`, one, { conclusion: 'neutral', output });
  await call('asInstallation', 'GET', '/repos/{owner}/{repo}/commits/{ref}/check-runs', { ref: headSha });
}

async function callAboutRuns(call: Call, run: Run): Promise<void> {
  const actions = '/repos/{owner}/{repo}/actions';
  const ids = { run_id: run.id, attempt_number: 1 };
  const get = (path: string, values = {}) => call('asInstallation', 'GET', `${actions}/${path}`, values);
  const post = (path: string, values = {}) => call('asInstallation', 'POST', `${actions}/${path}`, values);
  await call('asInstallation', 'GET', '/installation/repositories');
  await get('runs');
  await get('runs/{run_id}', ids);
  const { jobs } = await get('runs/{run_id}/jobs', ids);
  await get('runs/{run_id}/attempts/{attempt_number}/jobs', ids);
  for (const { id } of jobs) await get('jobs/{job_id}', { job_id: id });
  await get('jobs/{job_id}/logs', { job_id: jobs[0].id });
  await post('runs/{run_id}/cancel', ids);
  await post('runs/{run_id}/cancel', ids);
  await post('runs/{run_id}/rerun', ids);
  await post('runs/{run_id}/force-cancel', ids);
  await post('runs/{run_id}/rerun-failed-jobs', ids);
  await post('runs/{run_id}/force-cancel', ids);
  const latest = await get('runs/{run_id}/jobs', ids);
  await post('jobs/{job_id}/rerun', { job_id: latest.jobs[0].id });
}

describe('answers', () => {
  it('are as GitHub describes them', { timeout: 60_000 }, async () => {
    const check = new OpenApiCheck();
    const { world, run } = await livelyWorld();
    await using _ = world;
    const problems: string[] = [];
    const call = checkedCalls(world, check, problems);
    await callAsApp(call, world.github.world.app.hook.url);
    await callAboutRunners(call);
    await callAboutChecks(call, run);
    await callAboutRuns(call, run);
    await callAsPerson(world, check, problems);
    await callAsSignedIn(world, check, problems);
    expect(problems).toEqual([]);
    expect(check.unchecked()).toEqual([]);
  });

  it('are given to no call that GitHub does not describe, but for one of ours', () => {
    const check = new OpenApiCheck();
    const routes = restRoutes(new Shell(stage().github));
    const invented = routes.filter(({ method, path }) => !check.describes(method, path));
    expect(invented.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /app/hook/pings']);
  });

  it('would be caught when they were not', () => {
    const check = new OpenApiCheck();
    const headers = new Headers();
    const runner = { id: 1, name: 'r', os: 'linux', status: 'online', busy: false, labels: [] };
    const template = '/orgs/{org}/actions/runners/{runner_id}';
    expect(check.problems('GET', template, { status: 200, headers, body: runner })).toEqual([]);
    expect(
      check.problems('GET', template, { status: 200, headers, body: { ...runner, busy: 'no' } }),
    ).toEqual([`GET ${template} 200: /busy must be boolean`]);
    expect(check.problems('GET', template, { status: 418, headers, body: {} })).toHaveLength(1);
  });
});
