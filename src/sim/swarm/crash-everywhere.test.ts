// The storms crash control planes by chance. Here one dies at each port call that a short day makes, before its effect and
// after it, each in a day of its own; and everything gets done all the same.

import { expect, test } from 'vitest';
import { minutes, seconds } from '../../domain/time.ts';
import type { World } from '../world/world.ts';
import type { SwarmOptions } from './options.ts';
import { runOnMemory } from './run-on-memory.ts';
import type { SeedResult } from './run-seed.ts';

const shortDay: SwarmOptions = {
  seed: 12,
  stormMs: minutes(10),
  servers: 1,
  organizations: 1,
  repositories: 1,
  hosts: [{ cpus: 8, memoryMib: 16_384, labels: [] }],
  runs: 3,
  width: 2,
  jobMs: [seconds(5), seconds(40)],
  // So that a job is found by looking, a registration is deleted, a log is read, and a wait is told.
  faults: { 'delivery-lost': 0.3, 'max-parallel': 1, 'impossible-label': 0.2, 'job-cancelled': 0.6 },
};

/** A point is a call's name with `before` or `after`; `strike` says at which of its occasions the process dies. */
async function day(strike: (point: string) => boolean): Promise<SeedResult> {
  const onWorld = ({ weather }: World): void => {
    weather.blow = (process, call, when) =>
      process.startsWith('server') && strike(`${call} ${when}`) ? 'crash' : undefined;
  };
  return runOnMemory(shortDay, { onWorld });
}

/** Other occasions for other points, and always the same. */
const occasionOf = (point: string, count: number): number =>
  1 + ([...point].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 10_007, 7) % count);

const ofGitHub = [
  'registerRunner',
  'findRunner',
  'deleteRunner',
  'readJob',
  'logTail',
  'showCheckRun',
  'listRunners',
].map((call) => `github.${call}`);

test('a control plane may die at any port call', { timeout: 600_000 }, async () => {
  const occasions = new Map<string, number>();
  const calm = await day((point) => {
    occasions.set(point, (occasions.get(point) ?? 0) + 1);
    return false;
  });
  expect(calm).toMatchObject({ outcome: 'ok', findings: [] });
  const called = new Set([...occasions.keys()].map((point) => point.split(' ')[0]));
  for (const call of [...ofGitHub, 'sealer.seal', 'store.commit', 'store.keepDelivery', 'store.tasks.claim'])
    expect(called).toContain(call);
  const unsound: unknown[] = [];
  for (const [point, count] of occasions) {
    let left = occasionOf(point, count);
    const { outcome, findings, error } = await day((reached) => {
      if (reached === point) left -= 1;
      return reached === point && left === 0;
    });
    expect({ point, isStruck: left <= 0 }).toEqual({ point, isStruck: true });
    if (outcome !== 'ok') unsound.push({ point, outcome, findings, error });
  }
  expect(unsound).toEqual([]);
});
