import { expect, test } from 'vitest';
import { allSettings, serverSettings } from '../adapters/system/configuration.ts';
import { readSettings } from '../adapters/system/setting.ts';
import type { Settings } from '../control-plane/settings.ts';
import { imageDigest } from '../domain/ids.ts';
import { hours, minutes, seconds } from '../domain/time.ts';
import { settingsOf } from './settings-of.ts';

const image = imageDigest(`sha256:${'1'.repeat(64)}`);
const least = {
  BELLOWS_GITHUB_APP_ID: '1',
  BELLOWS_GITHUB_PRIVATE_KEY_FILE: '/key',
  BELLOWS_WEBHOOK_SECRET_FILE: '/secret',
  BELLOWS_OWNERS: '*',
};

function read(environment: Record<string, string>): ReturnType<typeof settingsOf> {
  const settings = readSettings(serverSettings, { ...least, ...environment }, allSettings);
  if (!settings.ok) throw new Error(settings.problems.join());
  return settingsOf(settings.values, image);
}

type Handed = Omit<Settings, 'installationTag' | 'processName'>;

test.each<[string, string, (settings: Handed) => unknown, number | boolean]>([
  ['BELLOWS_IDLE_TIMEOUT', '7m', ({ timing }) => timing.idleMs, minutes(7)],
  ['BELLOWS_JOB_LIMIT', '8h', ({ timing }) => timing.lifetimeMs, hours(8)],
  ['BELLOWS_BOOT_TIMEOUT', '90s', ({ timing }) => timing.startingMs, seconds(90)],
  ['BELLOWS_HOST_SILENCE', '50s', ({ hostSilenceMs }) => hostSilenceMs, seconds(50)],
  ['BELLOWS_HOST_REMOVE_AFTER', '20m', ({ removeHostAfterMs }) => removeHostAfterMs, minutes(20)],
  ['BELLOWS_POLL_ACTIVE', '2m', ({ pollActiveMs }) => pollActiveMs, minutes(2)],
  ['BELLOWS_POLL_LATELY', '4m', ({ pollLatelyMs }) => pollLatelyMs, minutes(4)],
  ['BELLOWS_POLL_ALL', '11m', ({ pollAllMs }) => pollAllMs, minutes(11)],
  ['BELLOWS_LOOK_SHARE', '0.3', ({ lookShare }) => lookShare, 0.3],
  ['BELLOWS_IDLE_LOOK', '9s', ({ idleLookMs }) => idleLookMs, seconds(9)],
  ['BELLOWS_CPU_OVERCOMMIT', '3', ({ capacity }) => capacity.cpuOvercommit, 3],
])('%s=%s reaches the control plane', (name, text, of, value) => {
  expect(of(read({ [name]: text }))).toBe(value);
  expect(of(read({}))).not.toBe(value);
});
