// `npm run demo` without VMs, as a newcomer types it: to its end, stopped at different moments, and as an ordinary user. Its
// folder for temporary files is one of ours, so that whatever it leaves is seen.

import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { leaksBetween, takeInventory } from '../../demo/leaks/inventory.ts';
import { expectations } from '../../demo/workflow.ts';
import { type Program, startProgram } from '../support/program.ts';
import { root } from '../support/source-tree.ts';
import { canRead, type SystemUser, systemUser } from '../support/system-user.ts';

/** Its jobs take some seconds; the machine may have other things to do. */
const limitMs = 180_000;
let folder: string;
let before: Awaited<ReturnType<typeof inventory>>;
let program: Program | undefined;

const inventory = () => takeInventory({ marks: [folder], folders: [], registrations: async () => [] });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-e2e-'));
  // As root, PostgreSQL runs as a user of its own, who must get through to its folder.
  await chmod(folder, 0o711);
  before = await inventory();
});
afterEach(async () => {
  if (program?.isRunning()) await program.end('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function start(command: readonly string[], as?: SystemUser): Promise<Program> {
  const home = as === undefined ? {} : { HOME: folder, USER: as.name };
  const env = { ...plainEnvironment(), TMPDIR: folder, ...home };
  const logPath = join(folder, 'output');
  program = await startProgram(command, { env, logPath, hasGroup: true, ...(as && { as }) });
  return program;
}

/** Without what vitest and npm add for their children. */
const plainEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || /^(npm_|VITEST|NODE_|BELLOWS_)/.test(name) ? [] : [[name, value]],
    ),
  );

/** What there is now and was not before: processes and the like, and files. */
async function left(): Promise<readonly string[]> {
  const found = leaksBetween(before, await inventory()).map(({ kind, what }) => `${kind}: ${what}`);
  const files = (await readdir(folder)).filter((name) => name.startsWith('bellows-'));
  return [...found, ...files];
}

const demo = ['node', 'scripts/run.mjs', '--with', 'vm', 'demo/main.ts', '--driver', 'sim', '--json'];
const lastLine = async (of: Program): Promise<Record<string, unknown>> =>
  JSON.parse((await of.output()).trimEnd().split('\n').at(-1) ?? '');

it('ends well, says so in one line, and leaves nothing', async () => {
  const running = await start(['npm', 'run', 'demo', '--', '--driver', 'sim', '--json']);
  expect(await running.ended(limitMs), await running.output()).toBe(0);
  const told = await lastLine(running);
  expect(told).toMatchObject({ ok: true, driver: 'sim', leaks: [], faults: [] });
  const expected = expectations(false);
  const names = expected.map(({ job }) => job);
  expect(told.vms).toBe(expected.length);
  expect((told.jobs as { name: string }[]).map(({ name }) => name).sort()).toEqual([...names].sort());
  const phases = told.phases as Record<string, Record<string, number>>;
  expect(Object.keys(phases).sort()).toEqual([...names].sort());
  for (const ofJob of Object.values(phases)) expect(Object.values(ofJob).every((ms) => ms >= 0)).toBe(true);
  expect(await left()).toEqual([]);
});

it('explains itself', async () => {
  const running = await start(['npm', 'run', 'demo', '--', '--help']);
  expect(await running.ended(limitMs)).toBe(0);
  for (const option of ['--driver', '--json', '--keep', '--verbose'])
    expect(await running.output()).toContain(option);
});

it.each([
  ['while it starts', /starting a simulated GitHub/],
  ['when it has pushed', /pushed a commit/],
  ['while jobs run', / running in vm-/],
])('leaves nothing when it is stopped by Ctrl-C %s', async (_when, moment) => {
  const running = await start(demo);
  await running.says(moment, limitMs);
  expect(await running.end('SIGINT'), await running.output()).toBe(130);
  expect(await lastLine(running)).toEqual({ ok: false, error: 'stopped by the user' });
  expect(await left()).toEqual([]);
});

it('works as an ordinary user', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('we are an ordinary user: all tests here show it');
  const user = await systemUser('nobody');
  if (user === undefined) return context.skip('there is no user nobody');
  if (!(await canRead(user, join(root, 'package.json')))) context.skip(`${root} is closed to other users`);
  await chown(folder, user.uid, user.gid);
  const running = await start(demo, user);
  expect(await running.ended(limitMs), await running.output()).toBe(0);
  expect(await lastLine(running)).toMatchObject({ ok: true, leaks: [] });
  expect(await left()).toEqual([]);
});
