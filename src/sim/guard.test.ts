import { execFileSync } from 'node:child_process';
import crypto, { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createMemoryDatabase } from '../adapters/store-memory/memory-store.ts';
import { SystemClock } from '../adapters/system/clock.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { seconds } from '../domain/time.ts';
import { VirtualClock } from './clock.ts';
import { workflowOf } from './github/workflow/workflow-of.ts';
import { EscapeError, guarded } from './guard.ts';
import { type Tamper, World } from './world/world.ts';

/** The plants of this file. */
const isSuspect = (path: string): boolean => path === 'src/sim/guard.test.ts';

async function plant(reach: () => unknown): Promise<unknown> {
  return guarded(async () => reach(), { isSuspect }).catch((error: unknown) => error);
}

const key = new Uint8Array(32);

describe('a guarded run may not reach for', () => {
  it.each<[string, () => unknown]>([
    ['Date.now', () => Date.now()],
    ['new Date()', () => new Date()],
    ['Date()', () => Date()],
    ['Math.random', () => Math.random()],
    ['performance.now', () => performance.now()],
    ['process.hrtime', () => process.hrtime()],
    ['process.hrtime.bigint', () => process.hrtime.bigint()],
    ['process.uptime', () => process.uptime()],
    ['os.loadavg', () => loadavg()],
    ['Atomics.wait', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)],
    ['fs.readFileSync', () => readFileSync('package.json')],
    ['fs.existsSync', () => existsSync('package.json')],
    ['child_process.execFileSync', () => execFileSync('true')],
    ['setTimeout', () => setTimeout(() => {}, 1)],
    ['setInterval', () => clearInterval(setInterval(() => {}, 1))],
    ['setImmediate', () => setImmediate(() => {})],
    ['node:timers/promises setTimeout', () => delay(1)],
    ['AbortSignal.timeout', () => AbortSignal.timeout(1)],
    ['fetch', () => fetch('http://localhost:1')],
    ['crypto.randomBytes', () => randomBytes(1)],
    ['crypto.randomBytes', () => crypto.randomBytes(1)],
    ['crypto.randomUUID', () => crypto.randomUUID()],
    ['crypto.randomUUID', () => globalThis.crypto.randomUUID()],
    ['crypto.getRandomValues', () => globalThis.crypto.getRandomValues(new Uint8Array(1))],
    ['crypto.getRandomValues', () => crypto.webcrypto.getRandomValues(new Uint8Array(1))],
    ['crypto.subtle.digest', () => globalThis.crypto.subtle.digest('SHA-256', key)],
    ['crypto.generateKeyPairSync', () => crypto.generateKeyPairSync('ed25519')],
  ])('%s', async (name, reach) => {
    const error = await plant(function planted() {
      return reach();
    });
    expect(error).toBeInstanceOf(EscapeError);
    expect(String(error)).toContain(`the simulated world reached for ${name} in`);
    expect(error instanceof Error && error.stack).toContain('guard.test.ts');
  });

  it('a file, or any other resource of Node', async () => {
    const error = await plant(() => readFile('package.json'));
    expect(String(error)).toMatch(/reached for a FSREQPROMISE|reached for a FILEHANDLE/);
    const message = await plant(() => new MessageChannel().port1.close());
    expect(String(message)).toContain('reached for a MESSAGEPORT');
  });
});

it('names who did it', async () => {
  const whatTimeIsIt = (): number => Date.now();
  expect(String(await plant(whatTimeIsIt))).toContain('in whatTimeIsIt (src/sim/guard.test.ts)');
});

it('fails the run even when the product catches the error', async () => {
  const swallowing = async (): Promise<void> => {
    try {
      Math.random();
    } catch {
      // As a careless loop does it.
    }
  };
  await expect(guarded(swallowing, { isSuspect })).rejects.toThrow('Math.random');
});

it('leaves alone what computes: dates from numbers, promises, ticks', async () => {
  const clock = new VirtualClock();
  const work = async (): Promise<string> => {
    void clock.sleep(10);
    await clock.advance(20);
    queueMicrotask(() => {});
    expect(new Date(0)).toBeInstanceOf(Date);
    expect(Date.parse('1970-01-01T00:00:00Z')).toBe(0);
    return new Date(1_000).toISOString();
  };
  expect(await guarded(work, { isSuspect })).toBe('1970-01-01T00:00:01.000Z');
});

it('lets those who are not ours do as they like', async () => {
  const work = async (): Promise<number> => {
    await delay(1);
    return Date.now() + Math.random();
  };
  expect(await guarded(work)).toBeGreaterThan(0);
});

it('is gone afterwards', async () => {
  const before = [Date, Date.now, Math.random, setTimeout, performance.now, crypto.randomBytes, fetch];
  await plant(() => Date.now());
  const after = [Date, Date.now, Math.random, setTimeout, performance.now, crypto.randomBytes, fetch];
  expect(after.map((now, index) => now === before[index])).toEqual(before.map(() => true));
  expect(randomBytes(4)).toHaveLength(4);
  await delay(1);
});

describe('a world whose product is handed the real', () => {
  const broken: [string, Tamper, RegExp][] = [
    [
      'clock',
      { deps: (deps) => ({ ...deps, clock: { ...deps.clock, now: () => new SystemClock().now() } }) },
      /reached for Date\.now in SystemClock\.now/,
    ],
    [
      'randomness',
      { deps: (deps) => ({ ...deps, random: new SystemRandom() }) },
      /reached for crypto\.randomBytes in SystemRandom\./,
    ],
  ];
  it.each(broken)('%s does not pass', async (_what, tamper, told) => {
    const run = guarded(async () => {
      const world = new World({ seed: 1, database: createMemoryDatabase(), tamper });
      world.addOrganization('acme', ['app']);
      await world.addHost({ name: 'one', facts: { arch: 'x64', cpus: 4, memoryMib: 8192 } });
      world.start();
      world.github.start({
        repository: 'acme/app',
        workflow: workflowOf('ci', [{ key: 'test', labels: ['bellows-2cpu-4gb'] }]),
      });
      await world.clock.advance(seconds(20));
    });
    await expect(run).rejects.toThrow(told);
  });
});
