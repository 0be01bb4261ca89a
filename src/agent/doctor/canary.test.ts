// The canary on a simulated host: it goes the way of every VM, and nothing of it is left, whatever happens.

import { describe, expect, it } from 'vitest';
import { AgentWorld, testImage } from '../../../test/support/agent-world.ts';
import { type VmId, vmId } from '../../domain/ids.ts';
import { minutes, seconds } from '../../domain/time.ts';
import { silentLog } from '../../ports/log.ts';
import { VirtualClock } from '../../sim/clock.ts';
import { SimHost, type SimHostOptions } from '../../sim/driver/sim-host.ts';
import { SeededRandom } from '../../sim/seeded-random.ts';
import { bootCanary, type CanaryOptions, type CanaryReport } from './canary.ts';
import { isCanary } from './canary-id.ts';

function hostWith(options: Partial<SimHostOptions> = {}) {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const host = new SimHost({
    clock,
    random: random.fork(),
    runner: () => Promise.reject(new Error('a canary has no runner')),
    images: [testImage],
    ...options,
  });
  const boot = async (more: Partial<CanaryOptions> = {}): Promise<CanaryReport> => {
    const { driver, disk, folder, network, cage, guestLink } = host;
    const parts = {
      driver,
      disk,
      folder,
      network,
      cage,
      guestLink,
      images: host.imageSource,
      clock,
      random,
      log: silentLog,
    };
    let report: CanaryReport | undefined;
    const booting = bootCanary(parts, {
      image: testImage,
      vcpus: 2,
      memoryMib: 1024,
      bootTimeoutMs: seconds(60),
      guest: { hosts: [], environment: {}, dockerMirrors: [], rates: {} },
      places: [{ host: 'api.github.com', port: 443 }],
      ...more,
    }).then((done) => {
      report = done;
    });
    await Promise.race([booting, clock.runUntil(() => report !== undefined, minutes(20))]);
    await booting;
    if (report === undefined) throw new Error('the canary does not come to an end');
    return report;
  };
  return { host, clock, boot };
}

describe('a canary', () => {
  it('takes every step of a VM, is asked what it reaches, and nothing of it is left', async () => {
    const started: VmId[] = [];
    const { host, boot } = hostWith({
      observe: (event) => event.kind === 'vm-started' && started.push(event.vm),
    });
    const report = await boot();
    expect(report).toMatchObject({ outcome: 'ok', reason: '' });
    expect(Object.keys(report.phases)).toEqual([
      'image',
      'disk',
      'folder',
      'host-network',
      'cage',
      'start',
      'kernel',
      'init',
      'network',
      'agent',
      'boot',
      'stop',
      'ready',
      'total',
    ]);
    expect(report.phases.boot).toBeGreaterThanOrEqual(1500);
    expect(report.reached).toEqual([{ host: 'api.github.com', foundMs: 2, connectedMs: 20, why: '' }]);
    expect(started.map(isCanary)).toEqual([true]);
    expect(host.leftovers()).toEqual([]);
  });

  it('is not asked for what it cannot reach', async () => {
    const { boot } = hostWith();
    expect(await boot({ places: [] })).toMatchObject({ outcome: 'ok', reached: undefined });
  });

  it('is booted once more when its boot hangs, and tells what that cost', async () => {
    const { boot } = hostWith({ behaviour: () => ({ boot: 'hangs-first' }) });
    const report = await boot();
    expect(report.outcome).toBe('ok');
    expect(report.phases['boot-again']).toBeGreaterThanOrEqual(30_000);
  });

  it.each([
    ['silent', 'its guest did not answer within 30 s, 2 times'],
    ['panics', 'the VM ended before its guest answered'],
  ] as const)('whose guest is %s has failed, and is removed', async (kind, reason) => {
    const { host, boot } = hostWith({ behaviour: () => ({ boot: kind }) });
    expect(await boot()).toMatchObject({ outcome: 'failed', reason: expect.stringContaining(reason) });
    expect(host.leftovers()).toEqual([]);
  });

  it('fails in the words of the step that failed', async () => {
    const { host, boot } = hostWith();
    host.diskFull = true;
    expect(await boot()).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('free some space'),
    });
    host.diskFull = false;
    host.images.clear();
    expect(await boot()).toMatchObject({
      outcome: 'failed',
      phases: expect.not.objectContaining({ start: 1 }),
    });
    expect(host.leftovers()).toEqual([]);
  });

  it('that is called off is removed', async () => {
    const { host, clock, boot } = hostWith({ behaviour: () => ({ boot: 'silent' }) });
    const off = new AbortController();
    const booting = boot({ signal: off.signal });
    await clock.runUntil(() => host.running.length > 0, minutes(1));
    off.abort();
    expect(await booting).toMatchObject({ outcome: 'failed', reason: 'it was called off' });
    expect(host.leftovers()).toEqual([]);
  });

  it('removes what a killed doctor has left, and no VM of anybody else', async () => {
    const { host, boot } = hostWith();
    await host.disk.create(vmId('vm-canary00c0de'), 4);
    await host.disk.create(vmId('vm-000000000001'), 4);
    expect(await boot()).toMatchObject({ outcome: 'ok' });
    expect(host.leftovers()).toEqual(['disk vm-000000000001']);
  });

  it('is no stranger to the agent of the host, who leaves it to the doctor', async () => {
    const world = new AgentWorld();
    await world.host.network.open(vmId('vm-canary00c0de'));
    await world.host.disk.create(vmId('vm-000000000009'), 4);
    await world.startAgent();
    await world.clock.advance(minutes(2));
    expect(world.host.leftovers()).toContain('network vm-canary00c0de');
    expect(world.heard('gone', 'vm-000000000009')).toBe(true);
  });
});
