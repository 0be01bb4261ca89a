import type { Settings } from '../../control-plane/settings.ts';
import { imageDigest } from '../../domain/ids.ts';
import { defaultLabelPolicy } from '../../domain/labels/parse-label.ts';
import { defaultTiming } from '../../domain/lifecycle/deadlines.ts';
import { defaultBalancePolicy } from '../../domain/scheduling/balance.ts';
import { defaultCapacityPolicy } from '../../domain/scheduling/capacity.ts';
import { defaultReserveAfterMs } from '../../domain/scheduling/placement.ts';
import { minutes, seconds } from '../../domain/time.ts';

/** What a user has who configures nothing, but that every installation is served. */
export const worldSettings: Settings = {
  installationTag: 'sim',
  processName: 'set by each server',
  owners: ['*'],
  runnerGroups: {},
  labels: defaultLabelPolicy,
  timing: defaultTiming,
  capacity: defaultCapacityPolicy,
  balance: defaultBalancePolicy,
  reserveAfterMs: defaultReserveAfterMs,
  image: imageDigest(`sha256:${'1'.repeat(64)}`),
  hostSilenceMs: seconds(90),
  removeHostAfterMs: minutes(15),
  pollActiveMs: minutes(1),
  pollLatelyMs: minutes(3),
  pollAllMs: minutes(10),
  lookShare: 0.6,
  checkRuns: true,
  readLogs: true,
};
