// `npm run e2e -- isolation`: two real VMs on a host of our own making, one of which is root's enemy. Each attack must fail,
// and must succeed once what stops it is taken away; else it does not count.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NetworkNamespace, whyNoNamespaces } from '../support/network-namespace.ts';
import { hasProgram } from '../support/product.ts';
import type { Finding, Skipped } from './finding.ts';
import type { Errand } from './inside.ts';
import { makeWorld, roles } from './world.ts';

export interface IsolationOutcome {
  ok: boolean;
  attacks: number;
  blocked: number;
  controls: number;
  skipped: number;
  hostHealthy: boolean;
  neighbourHealthy: boolean;
  internet: boolean;
  list: readonly (Finding | Skipped)[];
  [key: string]: unknown;
}

/** @param only names of attacks, for who works on one; all by default. */
export async function run(
  say: (line: string) => void,
  only: readonly string[] = [],
): Promise<IsolationOutcome> {
  const missing = whyNoNamespaces() ?? missingProgram();
  if (missing !== undefined) {
    say(`skipped: ${missing}`);
    const none = { attacks: 0, blocked: 0, controls: 0, skipped: 0 };
    return {
      ok: false,
      ...none,
      hostHealthy: false,
      neighbourHealthy: false,
      internet: false,
      list: [],
      reason: missing,
    };
  }
  const folder = await mkdtemp(join(tmpdir(), 'bellows-isolation-'));
  const world = await makeWorld();
  try {
    const { host, inet, lan, cloud } = world;
    const names = { host: host.name, inet: inet.name, lan: lan.name, cloud: cloud.name };
    const found = await Promise.race([proveInside({ names, folder, only }, say), interruption()]);
    const { findings, skipped, ...health } = found;
    const blocked = findings.filter((finding) => finding.blocked).length;
    const controls = findings.filter((finding) => finding.control).length;
    const attacks = findings.length;
    const healthy = health.hostHealthy && health.neighbourHealthy && health.internet;
    return {
      ok: attacks >= 25 && blocked === attacks && controls === attacks && healthy,
      attacks,
      blocked,
      controls,
      skipped: skipped.length,
      ...health,
      list: [...findings, ...skipped],
    };
  } finally {
    // What still lives in them when the proof was cut short: QEMU, witnesses, the proof itself.
    for (const role of roles) await endAll(world[role]);
    for (const role of roles) await world[role].close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function endAll({ name, run }: NetworkNamespace): Promise<void> {
  for (const pid of (await run('ip', ['netns', 'pids', name])).split('\n').filter((line) => line !== ''))
    await run('kill', ['-9', pid]).catch(() => '');
}

function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(`interrupted by ${signal}`)));
  });
}

interface Found {
  internet: boolean;
  hostHealthy: boolean;
  neighbourHealthy: boolean;
  findings: Finding[];
  skipped: Skipped[];
}

function proveInside(errand: Errand, say: (line: string) => void): Promise<Found> {
  const program = join(import.meta.dirname, 'inside.ts');
  const args = ['netns', 'exec', errand.names.host, process.execPath, program, JSON.stringify(errand)];
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line !== '') say(line);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const last = out.trim().split('\n').at(-1) ?? '';
      if (code === 0 && last.startsWith('{')) resolve(JSON.parse(last));
      else reject(new Error(`the proof ended with exit code ${code} before it had a result`));
    });
  });
}

function missingProgram(): string | undefined {
  const needs = ['qemu-system-x86_64', 'python3', 'debugfs', 'mke2fs'];
  const lacking = needs.filter((name) => !hasProgram(name));
  return lacking.length === 0 ? undefined : `needs ${lacking.join(', ')}`;
}
