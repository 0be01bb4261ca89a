// What `npm run sim` says of products that break a promise: that it sees them, how it ends, and how short it can tell it.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../src/domain/time.ts';
import type { SwarmOptions } from '../../src/sim/swarm/options.ts';

const script = fileURLToPath(new URL('../sim.ts', import.meta.url));
const run = promisify(execFile);

const small: SwarmOptions = {
  seed: 1,
  stormMs: minutes(3),
  servers: 1,
  organizations: 1,
  repositories: 1,
  hosts: [{ cpus: 8, memoryMib: 16_384, labels: [] }],
  runs: 1,
  width: 1,
  jobMs: [seconds(5), seconds(20)],
  faults: {},
  words: 'off',
};

interface Told {
  code: number;
  out: string;
  last: { outcome: string; findings: { checker: string }[]; error?: string; reproduction?: SwarmOptions };
}

async function sim(...args: string[]): Promise<Told> {
  const { code, stdout } = await run(process.execPath, [script, ...args, '--json'], {
    maxBuffer: 2 ** 26,
  }).then(
    (done) => ({ ...done, code: 0 }),
    (error: { code: number; stdout: string }) => error,
  );
  return { code, out: stdout, last: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') };
}

const broken = (name: string, options: SwarmOptions = small): Promise<Told> =>
  sim('--options', JSON.stringify(options), '--broken', name);

describe('npm run sim ends with', { timeout: 300_000 }, () => {
  test('0, when the product keeps its promises', async () => {
    const { code, last } = await sim('--options', JSON.stringify(small));
    expect({ code, outcome: last.outcome, findings: last.findings }).toEqual({
      code: 0,
      outcome: 'ok',
      findings: [],
    });
    expect(last.reproduction).toBeUndefined();
  });

  test.each([
    ['computes-on-another-thread', 'reached for crypto.subtle.digest'],
    ['lets-an-error-escape', 'nobody catches this'],
  ])('10, a crash, when it %s', async (name, words) => {
    const { code, last } = await broken(name);
    expect({ code, outcome: last.outcome }).toEqual({ code: 10, outcome: 'crash' });
    expect(last.error).toContain(words);
  });

  test('11, liveness, when a job never gets its VM', async () => {
    const { code, last } = await broken('never-looks-for-a-host');
    expect({ code, outcome: last.outcome }).toEqual({ code: 11, outcome: 'liveness' });
    expect(last.findings.map(({ checker }) => checker)).toContain('everything is done');
  });

  test('12, correctness, and the shortest reproduction that it could find', async () => {
    const much: SwarmOptions = {
      ...small,
      servers: 2,
      runs: 2,
      faults: { 'delivery-doubled': 0.2, 'slow-link': 0.2, 'webhook-answer-lost': 0.05 },
    };
    const { code, out, last } = await broken('logs-what-it-unseals', much);
    expect({ code, outcome: last.outcome }).toEqual({ code: 12, outcome: 'correctness' });
    expect(last.findings[0]?.checker).toBe('I8 no secret can be read');
    expect(last.reproduction).toMatchObject({ servers: 1, runs: 1, faults: {} });
    // It is what one types to see it again.
    const told = /--broken logs-what-it-unseals --options '(.*)'/.exec(out)?.[1] ?? '';
    expect(JSON.parse(told)).toEqual(last.reproduction);
  });
});
