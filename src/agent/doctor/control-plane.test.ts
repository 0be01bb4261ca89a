import { describe, expect, it } from 'vitest';
import { clockSource, controlPlane, skew, timeSync } from './control-plane.ts';
import { examined } from './planted-host.fixture.ts';

const answer = (differing: Partial<{ ms: number; status: number; skewMs: number | undefined }> = {}) =>
  ({ http: { ok: true, ms: 12, status: 200, skewMs: 0, ...differing } }) as const;

describe('the control plane', () => {
  it('answers, and how soon', async () => {
    expect(await examined(controlPlane, answer())).toMatchObject({
      severity: 'ok',
      found: 'https://bellows.example in 12 ms',
    });
    expect(await examined(controlPlane, answer({ ms: 900 }))).toMatchObject({ severity: 'warning' });
  });

  it('is down, ill, or somebody else', async () => {
    expect(await examined(controlPlane, {})).toMatchObject({
      severity: 'failure',
      found: 'https://bellows.example: connection refused',
      mend: expect.stringContaining('BELLOWS_URL'),
    });
    expect(await examined(controlPlane, answer({ status: 503 }))).toMatchObject({
      severity: 'failure',
      mend: expect.stringContaining('database'),
    });
    expect(await examined(controlPlane, answer({ status: 404 }))).toMatchObject({ severity: 'failure' });
  });
});

describe('the clock', () => {
  it.each([
    [1000, 'ok', 'within 3 s'],
    [30_000, 'warning', 'this host is 30 s behind'],
    [-30_000, 'warning', 'this host is 30 s ahead'],
    [-600_000, 'failure', 'this host is 600 s ahead'],
    [undefined, 'skipped', 'the control plane told no time'],
  ])('that differs by %s ms is %s', async (skewMs, severity, found) => {
    expect(await examined(skew, answer({ skewMs }))).toMatchObject({ severity, found });
  });

  it('cannot be compared with that of a control plane that is down', async () => {
    expect(await examined(skew, {})).toMatchObject({ severity: 'skipped' });
  });

  it.each([
    [{ timedatectl: { out: 'yes\n' } }, 'ok'],
    [{ timedatectl: { out: 'no\n' } }, 'warning'],
    [{ chronyc: { out: 'Leap status     : Normal\n' } }, 'ok'],
    [{ chronyc: { out: 'Leap status     : Not synchronised\n' }, timedatectl: { out: 'no\n' } }, 'warning'],
    [{ timedatectl: { code: 1, err: 'System has not been booted with systemd' } }, 'skipped'],
    [{}, 'skipped'],
  ])('is kept right: %j is %s', async (programs, severity) => {
    expect(await examined(timeSync, { programs })).toMatchObject({ severity });
  });

  it.each([
    ['tsc', 'x64', 'ok'],
    ['hpet', 'x64', 'warning'],
    ['arch_sys_counter', 'arm64', 'ok'],
    ['tsc', 'arm64', 'warning'],
  ] as const)('%s of %s is cheap to read: %s', async (name, arch, severity) => {
    const files = { '/sys/devices/system/clocksource/clocksource0/current_clocksource': `${name}\n` };
    expect(await examined(clockSource, { files }, { arch })).toMatchObject({ severity });
  });
});
