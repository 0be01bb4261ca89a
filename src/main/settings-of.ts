// What of the configuration the control plane's own code is handed.

import type { serverSettings } from '../adapters/system/configuration.ts';
import type { ValuesOf } from '../adapters/system/setting.ts';
import type { Settings } from '../control-plane/settings.ts';
import type { ImageDigest } from '../domain/ids.ts';
import { defaultLabelPolicy } from '../domain/labels/parse-label.ts';
import { defaultTiming } from '../domain/lifecycle/deadlines.ts';
import { defaultBalancePolicy } from '../domain/scheduling/balance.ts';
import { defaultCapacityPolicy } from '../domain/scheduling/capacity.ts';
import { defaultReserveAfterMs } from '../domain/scheduling/placement.ts';

export const settingsOf = (
  values: ValuesOf<typeof serverSettings>,
  image: ImageDigest,
): Omit<Settings, 'installationTag' | 'processName'> => ({
  owners: values.owners,
  runnerGroups: values.runnerGroups,
  labels: {
    ...defaultLabelPolicy,
    prefixes: values.labelPrefixes,
    defaultDiskGib: values.defaultDiskGib,
    servePublic: values.servePublic,
    serveForks: values.serveForks,
  },
  timing: {
    ...defaultTiming,
    startingMs: values.bootTimeoutMs,
    idleMs: values.idleMs,
    lifetimeMs: values.lifetimeMs,
  },
  capacity: { ...defaultCapacityPolicy, cpuOvercommit: values.cpuOvercommit },
  balance: defaultBalancePolicy,
  reserveAfterMs: defaultReserveAfterMs,
  image,
  hostSilenceMs: values.hostSilenceMs,
  removeHostAfterMs: values.removeHostAfterMs,
  pollActiveMs: values.pollActiveMs,
  pollLatelyMs: values.pollLatelyMs,
  pollAllMs: values.pollAllMs,
  lookShare: values.lookShare,
  checkRuns: values.checkRuns,
  readLogs: values.readLogs,
  idleLookMs: values.idleLookMs,
});
