import { expect, it } from 'vitest';
import { instantOf } from '../domain/time.ts';
import type { Log } from '../ports/log.ts';
import { vitalsLook, vitalsMs } from './vitals.ts';

const read = async () => ({
  ...{ load: [0, 0, 0] as const, processors: 1, memoryBytes: 4, memoryAvailableBytes: 2 },
  ...{ diskBytes: 8, diskFreeBytes: 4, kernel: '6.1.0', images: [] },
});
const log = {} as Log;

it('an agent tells when it started, the same each time', async () => {
  let now = instantOf(1000);
  const look = vitalsLook({ vitals: { read }, clock: { now: () => now }, log });
  expect((await look()).vitals?.agentStartedAt).toBe(1000);
  now = instantOf(1000 + vitalsMs);
  expect((await look()).vitals?.agentStartedAt).toBe(1000);
});
