// The unit that we ship for the control plane says nothing that systemd does not know, and stays out of the agent's places.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { places } from '../../src/agent/install/places.ts';
import { hasProgram } from '../support/product.ts';
import { root } from '../support/source-tree.ts';

const needs = 'systemd-analyze';
const unit = (): Promise<string> => readFile(join(root, 'deploy/bellows-server.service'), 'utf8');

describe.skipIf(!hasProgram(needs))(`systemd (needs ${needs})`, () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-unit-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** What it has to say of a unit of which the program is there. */
  async function verdictOn(text: string): Promise<string> {
    const path = join(folder, 'bellows-server.service');
    await writeFile(path, text.replace(/^(ExecStart=)\S+/m, '$1/bin/true'));
    const { stdout, stderr } = await promisify(execFile)(needs, ['verify', path]);
    return stdout + stderr;
  }

  it('takes every line of it', async () => {
    expect(await verdictOn(await unit())).toBe('');
  });

  it('would tell a line that it does not know', async () => {
    expect(await verdictOn((await unit()).replace('KillMode=mixed', 'KillMode=gently'))).toContain('gently');
  });
});

it('uses no folder of the agent’s, which an uninstallation of the agent removes', async () => {
  const paths = (await unit()).match(/(?<==)\/\S+/gm);
  expect(paths).toEqual([
    '/etc/bellows-server/settings',
    // The value of a setting.
    '/var/lib/bellows-server',
    '/opt/bellows-server/node_modules/.bin/bellows',
  ]);
  const { versions, config, state } = places;
  for (const path of paths ?? [])
    for (const theirs of [versions, config, state]) expect(`${path}/`).not.toMatch(`${theirs}/`);
});
