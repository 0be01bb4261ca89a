// The doctor on this very host, with a VM. Whether KVM works here is not for the test to know: only that what is said of it
// is true.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testImage } from '../../test/support/test-image.ts';
import { linuxProcessTable } from '../adapters/linux/process-table.ts';
import { probePlatform } from '../adapters/vm-qemu/probe-platform.ts';
import type { CanaryReport } from '../agent/doctor/canary.ts';
import type { Finding } from '../agent/doctor/check.ts';
import type { BootFiles } from '../ports/image-source.ts';

let image: BootFiles;
let folder: string;
beforeAll(async () => {
  image = await testImage();
  folder = await mkdtemp(join(tmpdir(), 'bellows-doctor-'));
}, 900_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Report {
  ok: boolean;
  checks: Finding[];
  canary: CanaryReport;
}

function doctor(...args: string[]): Promise<Report> {
  const env = { ...process.env, BELLOWS_AGENT_FOLDER: join(folder, 'agent'), BELLOWS_CGROUP: 'off' };
  const words = [join(import.meta.dirname, 'cli.ts'), 'doctor', '--json', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { env }, (_error, out) => resolve(JSON.parse(out)));
  });
}

it('says the truth about KVM, boots a VM either way, and leaves nothing of it', {
  timeout: 600_000,
}, async () => {
  const { platform } = await probePlatform({ image, folder: join(folder, 'probe') });
  const report = await doctor('--network', 'open');
  const found = new Map(report.checks.map((check) => [check.id, check]));
  expect(found.get('kvm')).toMatchObject(
    platform.acceleration === 'kvm'
      ? { severity: 'ok', found: expect.stringContaining('came up under KVM') }
      : {
          severity: 'failure',
          found: expect.stringMatching(/^KVM cannot run a guest here: /),
          means: expect.stringContaining('software emulation'),
        },
  );
  expect(report.canary).toMatchObject({ outcome: 'ok', reason: '' });
  for (const phase of [
    'image',
    'disk',
    'folder',
    'host-network',
    'cage',
    'start',
    'kernel',
    'boot',
    'stop',
    'total',
  ])
    expect(report.canary.phases[phase]).toEqual(expect.any(Number));
  // The guest was asked, and whatever it reached, it said so.
  expect(report.canary.reached).toMatchObject([{ host: 'api.github.com' }]);
  expect(found.get('guest-github')?.severity).not.toBe('skipped');
  expect(await readdir(folder)).toEqual(['probe']);
  const marked = await linuxProcessTable().marked('BELLOWS_VM');
  expect(marked.filter(({ value }) => value.includes(folder))).toEqual([]);
});
