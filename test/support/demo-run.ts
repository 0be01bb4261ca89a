// One run of the demo as a program. Its folder for temporary files is one of ours, so that whatever it leaves is seen.

import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { leaksBetween, takeInventory } from '../../demo/leaks/inventory.ts';
import { type Program, startProgram } from './program.ts';
import type { SystemUser } from './system-user.ts';

/** What `npm run` does for the demo, less npm. */
export const demo = ['node', 'scripts/run.mjs', '--with', 'vm', 'demo/main.ts', '--json'];

/** The last line of a demo that came to its end. */
export const demoReport = z.object({
  ok: z.boolean(),
  jobs: z.array(z.object({ name: z.string(), vm: z.string(), bootId: z.string() })),
  vms: z.number(),
  leaks: z.array(z.string()),
  driver: z.enum(['qemu', 'sim']),
  phases: z.record(z.string(), z.record(z.string(), z.number().nonnegative())),
  faults: z.array(z.string()),
  injected: z.record(z.string(), z.number()),
  repairs: z.record(z.string(), z.number()),
  seed: z.number().optional(),
});

export interface DemoRun {
  start(command: readonly string[], as?: SystemUser): Promise<Program>;
  /** What there is now and was not before: processes and the like, and files. */
  left(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function makeDemoRun(): Promise<DemoRun> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-e2e-'));
  // As root, PostgreSQL runs as a user of its own, who must get through to its folder.
  await chmod(folder, 0o711);
  const inventory = () => takeInventory({ marks: [folder], folders: [], registrations: async () => [] });
  const before = await inventory();
  let program: Program | undefined;
  return {
    async start(command, as) {
      if (as !== undefined) await chown(folder, as.uid, as.gid);
      const home = as === undefined ? {} : { HOME: folder, USER: as.name };
      const env = { ...plainEnvironment(), TMPDIR: folder, ...home };
      const options = { env, logPath: join(folder, 'output'), hasGroup: true };
      program = await startProgram(command, as === undefined ? options : { ...options, as });
      return program;
    },
    async left() {
      const found = leaksBetween(before, await inventory()).map(({ kind, what }) => `${kind}: ${what}`);
      const files = (await readdir(folder)).filter((name) => name.startsWith('bellows-'));
      return [...found, ...files];
    },
    async stop() {
      if (program?.isRunning()) await program.end('SIGTERM').catch(() => program?.end('SIGKILL'));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Without what vitest and npm add for their children. */
const plainEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || /^(npm_|VITEST|NODE_|BELLOWS_)/.test(name) ? [] : [[name, value]],
    ),
  );

export const lastLine = async (of: Program): Promise<unknown> =>
  JSON.parse((await of.output()).trimEnd().split('\n').at(-1) ?? '');
