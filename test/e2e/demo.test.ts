// `npm run demo` without VMs, as a newcomer types it: to its end, stopped at different moments, and as an ordinary user.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectations } from '../../demo/workflow.ts';
import { listJobs } from '../../src/wire/api/jobs.ts';
import { type DemoRun, demo, demoReport, lastLine, makeDemoRun } from '../support/demo-run.ts';
import { root } from '../support/source-tree.ts';
import { canRead, systemUser } from '../support/system-user.ts';

/** Its jobs take some seconds; the machine may have other things to do. */
const limitMs = 180_000;
const withoutVms = [...demo, '--driver', 'sim'];
let run: DemoRun;

beforeEach(async () => {
  run = await makeDemoRun();
});
afterEach(() => run.stop());

it('ends well, says so in one line, and leaves nothing', async () => {
  const program = await run.start(['npm', 'run', 'demo', '--', '--driver', 'sim', '--json']);
  expect(await program.ended(limitMs), await program.output()).toBe(0);
  const told = demoReport.parse(await lastLine(program));
  const names = expectations(false)
    .map(({ job }) => job)
    .sort();
  expect(told).toMatchObject({ ok: true, driver: 'sim', vms: names.length, leaks: [], faults: [] });
  expect(told.jobs.map(({ name }) => name).sort()).toEqual(names);
  expect(Object.keys(told.phases).sort()).toEqual(names);
  expect(await run.left()).toEqual([]);
});

it('ends as well when everything goes wrong meanwhile', async () => {
  const program = await run.start([...withoutVms, '--chaos', '--seed', '1']);
  expect(await program.ended(limitMs), await program.output()).toBe(0);
  const told = demoReport.parse(await lastLine(program));
  expect(told).toMatchObject({ ok: true, seed: 1, vms: expectations(false).length, leaks: [], faults: [] });
  expect(told.injected).toMatchObject({ 'agent-killed': 1, 'server-restarted': 1 });
  expect(told.injected['delivery-lost']).toBeGreaterThan(0);
  expect(Object.values(told.repairs).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  expect(await run.left()).toEqual([]);
});

it('stays up with --keep, to be looked at, until it is told to stop', async () => {
  const program = await run.start([...withoutVms, '--keep']);
  const [, url = '', tokenFile = ''] = await program.says(
    /look around: BELLOWS_URL=(\S+) BELLOWS_TOKEN_FILE=(\S+) npm run bellows -- jobs/,
    limitMs,
  );
  const env = { ...process.env, BELLOWS_URL: url, BELLOWS_TOKEN_FILE: tokenFile };
  const bellows = ['scripts/run.mjs', 'src/main/cli.ts', 'jobs', '--json'];
  const { stdout } = await promisify(execFile)('node', bellows, { cwd: root, env });
  const { jobs } = listJobs.answer.parse(JSON.parse(stdout));
  expect(jobs.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(
    expectations(false)
      .map(({ job }) => `${job} done`)
      .sort(),
  );
  expect(await program.end('SIGINT'), await program.output()).toBe(0);
  expect(await lastLine(program)).toMatchObject({ ok: true, leaks: [], faults: [] });
  expect(await run.left()).toEqual([]);
});

it('explains itself', async () => {
  const program = await run.start(['npm', 'run', 'demo', '--', '--help']);
  expect(await program.ended(limitMs)).toBe(0);
  for (const option of ['--driver', '--json', '--keep', '--verbose', '--chaos', '--seed'])
    expect(await program.output()).toContain(option);
});

it.each([
  ['while it starts', /starting a simulated GitHub/],
  ['when it has pushed', /pushed a commit/],
  ['while jobs run', / running in vm-/],
])('leaves nothing when it is stopped by Ctrl-C %s', async (_when, moment) => {
  const program = await run.start(withoutVms);
  await program.says(moment, limitMs);
  expect(await program.end('SIGINT'), await program.output()).toBe(130);
  expect(await lastLine(program)).toEqual({ ok: false, error: 'stopped by the user' });
  expect(await run.left()).toEqual([]);
});

it('works as an ordinary user', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('we are an ordinary user: all tests here show it');
  const user = await systemUser('nobody');
  if (user === undefined) return context.skip('there is no user nobody');
  if (!(await canRead(user, join(root, 'package.json')))) context.skip(`${root} is closed to other users`);
  const program = await run.start(withoutVms, user);
  expect(await program.ended(limitMs), await program.output()).toBe(0);
  expect(await lastLine(program)).toMatchObject({ ok: true, leaks: [] });
  expect(await run.left()).toEqual([]);
});
