// The way to the control plane, and the time.

import { apiPrefix } from '../../wire/api/endpoint.ts';
import { health } from '../../wire/api/system.ts';
import { defineCheck, failure, fine, skipped, warning } from './check.ts';

export const healthUrl = (url: string): string => `${url}${apiPrefix}${health.path}`;
const slowMs = 500;

export const controlPlane = defineCheck({
  id: 'control-plane',
  group: 'control plane',
  title: 'The control plane answers',
  means: 'This host gets no jobs. What runs goes on.',
  mend: 'Is it up, is BELLOWS_URL right, and does a firewall let this host out to it?',
  look: ({ host }, { url }) => ({ answer: host.get(healthUrl(url)) }),
  judge: ({ answer }, { url }) => {
    if (!answer.ok) return failure(`${url}: ${answer.why}`);
    const ms = `${Math.round(answer.ms)} ms`;
    if (answer.status === 503)
      return failure(`${url} answers that it cannot work`, {
        mend: 'Look into its log, and at its database.',
      });
    if (answer.status !== 200)
      return failure(`${url} answers ${answer.status}, not as a control plane does`, {
        mend: 'Is BELLOWS_URL right?',
      });
    return answer.ms > slowMs
      ? warning(`${url} in ${ms}`, {
          means: 'Each VM starts later by a few times that.',
          mend: 'Run it nearer to this host.',
        })
      : fine(`${url} in ${ms}`);
  },
});

const smallSkewMs = 3000;
const badSkewMs = 60_000;

export const skew = defineCheck({
  id: 'clock-skew',
  group: 'control plane',
  title: 'Host and control plane agree on the time',
  means: 'VMs get their time from this host, and GitHub refuses runners whose clock is wrong.',
  mend: 'Set the clock of the host that is wrong: sudo timedatectl set-ntp true',
  look: ({ host }, { url }) => ({ answer: host.get(healthUrl(url)) }),
  judge: ({ answer }) => {
    if (!answer.ok || answer.skewMs === undefined) return skipped('the control plane told no time');
    const seconds = (answer.skewMs / 1000).toFixed(0);
    if (Math.abs(answer.skewMs) < smallSkewMs) return fine(`within ${smallSkewMs / 1000} s`);
    const found = `this host is ${Math.abs(Number(seconds))} s ${answer.skewMs > 0 ? 'behind' : 'ahead'}`;
    return Math.abs(answer.skewMs) > badSkewMs ? failure(found) : warning(found);
  },
});

export const timeSync = defineCheck({
  id: 'time-sync',
  group: 'control plane',
  title: 'The clock is kept right (NTP)',
  means: "The clock drifts away, until GitHub refuses this host's runners.",
  mend: 'sudo apt-get install systemd-timesyncd && sudo timedatectl set-ntp true',
  look: ({ host }) => ({
    systemd: host.run('timedatectl', ['show', '--property=NTPSynchronized', '--value']),
    chrony: host.run('chronyc', ['-n', 'tracking']),
  }),
  judge: ({ systemd, chrony }) => {
    if (chrony?.code === 0)
      return /^Leap status\s*:\s*Normal/m.test(chrony.out)
        ? fine('by chrony')
        : warning('chrony is not in step');
    if (systemd?.code !== 0) return skipped('neither timedatectl nor chronyc can tell');
    return systemd.out.trim() === 'yes' ? fine('in step') : warning('not in step');
  },
});

const goodClocks = {
  x64: ['tsc', 'kvm-clock', 'hyperv_clocksource_tsc_page'],
  arm64: ['arch_sys_counter'],
} as const;

export const clockSource = defineCheck({
  id: 'clock-source',
  group: 'control plane',
  title: 'Reading the clock is cheap',
  means: 'Each look at the clock is a slow call into the kernel, on the host and in all VMs.',
  mend: 'See why the kernel gave up the TSC: sudo dmesg | grep -i tsc. Often a BIOS upgrade mends it; otherwise boot with tsc=reliable.',
  look: ({ host }) => ({
    name: host.text('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
  }),
  judge: ({ name }, { arch }) => {
    if (name === undefined) return skipped('the kernel does not tell');
    const good: readonly string[] = goodClocks[arch];
    return good.includes(name.trim()) ? fine(name.trim()) : warning(name.trim());
  },
});

export const controlPlaneChecks = [controlPlane, skew, timeSync, clockSource];
