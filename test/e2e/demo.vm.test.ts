// `npm run demo` as it is meant: every job in a real microVM.

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectations } from '../../demo/workflow.ts';
import { type DemoRun, demo, demoReport, lastLine, makeDemoRun } from '../support/demo-run.ts';
import { hasProgram } from '../support/product.ts';
import { testImage } from '../support/test-image.ts';

const needs = 'qemu-system-x86_64';
/** Seven emulated VMs, two at a time, on a machine that has other things to do. */
const limitMs = 900_000;

describe.skipIf(!hasProgram(needs))(`the demo with microVMs (needs ${needs})`, () => {
  let run: DemoRun;

  beforeAll(testImage, 900_000);
  beforeEach(async () => {
    run = await makeDemoRun();
  });
  afterEach(() => run.stop());

  it('leaves nothing when it is stopped by Ctrl-C while VMs boot', async () => {
    const program = await run.start(demo);
    await program.says(/vm-\w+ is starting/, 120_000);
    // Nothing is built a second time.
    expect(await program.output()).toMatch(/image [0-9a-f]{12} is there already/);
    expect((await run.left()).join()).toContain('qemu-system');
    expect(await program.end('SIGINT'), await program.output()).toBe(130);
    expect(await lastLine(program)).toEqual({ ok: false, error: 'stopped by the user' });
    expect(await run.left()).toEqual([]);
  });

  it(
    'runs every job in a VM of its own and leaves nothing',
    async () => {
      const program = await run.start(demo);
      expect(await program.ended(limitMs), await program.output()).toBe(0);
      const told = demoReport.parse(await lastLine(program));
      const names = expectations(true)
        .map(({ job }) => job)
        .sort();
      expect(told).toMatchObject({ ok: true, driver: 'qemu', vms: names.length, leaks: [], faults: [] });
      expect(told.jobs.map(({ name }) => name).sort()).toEqual(names);
      expect(new Set(told.jobs.map(({ bootId }) => bootId)).size).toBe(names.length);
      for (const name of names) expect(told.phases[name]?.booting).toBeGreaterThan(0);
      expect(await run.left()).toEqual([]);
    },
    limitMs + 60_000,
  );
});
