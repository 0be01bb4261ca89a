import { describe, expect, it } from 'vitest';
import { aHost, at, organization, t0, toPlaced, toStopping, toUnknown } from '../domain.fixture.ts';
import { imageDigest, jobId } from '../ids.ts';
import type { Vm } from '../lifecycle/vm.ts';
import type { Hold, Host } from './host.ts';
import { asks, on, pairs, plan, sized, why } from './placement.fixture.ts';

describe('a requested VM', () => {
  it('goes to a host with room', () => {
    expect(plan([aHost('a')], [asks(1)])).toEqual({
      placements: [{ vm: 'vm-0001', host: 'host-a' }],
      unplaced: [],
    });
  });

  it('goes to the host that is least full, since CI jobs like idle processors', () => {
    const [a, b] = [aHost('a'), aHost('b')];
    expect(pairs(plan([a, b], [on(a, 1, 4), asks(2)]))).toEqual(['vm-0002 host-b']);
    expect(pairs(plan([a, b], [asks(1), asks(2), asks(3), asks(4)]))).toEqual([
      'vm-0001 host-a',
      'vm-0002 host-b',
      'vm-0003 host-a',
      'vm-0004 host-b',
    ]);
    const wide = aHost('c', {}, { milliCpus: 32_000, memoryMib: 64 * 1024 });
    expect(pairs(plan([a, wide], [asks(1)]))).toEqual(['vm-0001 host-c']);
    const lean = aHost('d', {}, { milliCpus: 1000, memoryMib: 64 * 1024 });
    expect(pairs(plan([lean, a], [asks(1)]))).toEqual(['vm-0001 host-a']);
  });

  it('finds the room that a placed, stopping or unseen VM holds taken', () => {
    const a = aHost('a');
    for (const events of [toPlaced, toStopping, toUnknown]) {
      expect(plan([a], [on(a, 1, 16, {}, events), asks(2)]).placements).toEqual([]);
    }
  });

  it('is not placed while too many boot at once, and says so', () => {
    const a = aHost('a', {}, { maxBooting: 1 });
    const found = plan([a], [asks(1), asks(2)]);
    expect(pairs(found)).toEqual(['vm-0001 host-a']);
    expect(why(found)).toEqual(['waiting for other VMs to boot on 1 of 1 hosts']);
  });

  it('goes to no host that an operator holds, or that went dark a moment ago', () => {
    const hold = { kind: 'draining', by: 'ada', why: '', since: t0 } as const;
    const dark = aHost('b', { lastHeardAt: at(70) });
    const heard = aHost('c', { lastHeardAt: at(71) });
    expect(pairs(plan([aHost('a', { hold }), dark, heard], [asks(1)]))).toEqual(['vm-0001 host-c']);
  });

  it('may run on either architecture', () => {
    const arm = aHost('arm', {}, { arch: 'arm64' });
    expect(pairs(plan([arm], [asks(1, { shape: sized(4, { arch: 'any' }) })]))).toEqual(['vm-0001 host-arm']);
  });
});

describe('a VM that cannot be placed waits with its reason', () => {
  const gpu = { shape: sized(4, { hostLabels: ['gpu'] }) };
  const silent = aHost('s', { state: 'silent' });
  const held = (kind: Hold['kind']) => ({ hold: { kind, by: 'ada', why: 'a new disk', since: t0 } });

  it.each<[string, readonly Host[], Partial<Vm>]>([
    ['no host has joined', [], {}],
    ['all hosts that fit are silent: s', [silent], {}],
    ['no host is online', [aHost('s', { state: 'silent' }, { images: [] })], {}],
    ['all hosts that fit are being drained: s', [aHost('s', held('draining'))], {}],
    ['all hosts that fit are disabled: s', [aHost('s', { ...held('disabled'), state: 'silent' })], {}],
    ['all hosts that fit are unheard of for a moment: s', [aHost('s', { lastHeardAt: at(70) })], {}],
    [
      'no host that fits takes VMs now: a is being drained, b is silent, c is disabled and 1 more',
      [
        aHost('a', held('draining')),
        aHost('b', { state: 'silent' }),
        aHost('c', held('disabled')),
        aHost('d', held('disabled')),
        aHost('small', {}, { memoryMib: 512 }),
      ],
      {},
    ],
    ['no host serves acme', [aHost('a', { owners: ['other'] })], {}],
    ['no arm64 host', [aHost('a')], { shape: sized(4, { arch: 'arm64' }) }],
    ['no x64 host', [aHost('a', {}, { arch: 'arm64' })], {}],
    ['no host has label gpu', [aHost('a'), aHost('b')], gpu],
    [
      'all hosts that fit are disabled: g',
      [aHost('a'), aHost('g', held('disabled'), { labels: ['GPU'] })],
      gpu,
    ],
    [
      'no host has all of the labels gpu, nvme',
      [aHost('a', {}, { labels: ['gpu'] }), aHost('b', {}, { labels: ['nvme'] })],
      { shape: sized(4, { hostLabels: ['gpu', 'nvme'] }) },
    ],
    [
      'no host has label nvme',
      [aHost('a', {}, { labels: ['gpu'] })],
      { shape: sized(4, { hostLabels: ['gpu', 'nvme'] }) },
    ],
    [
      'no host has image sha256:222222222222',
      [aHost('a')],
      { image: imageDigest(`sha256:${'2'.repeat(64)}`) },
    ],
    ['too big: no host has so much memory', [aHost('a')], { shape: sized(17) }],
    ['no host has so much free disk', [aHost('a', {}, { diskGib: 0 })], {}],
    ['too big: no host has so much processors', [aHost('a')], { shape: sized(4, { milliCpus: 9000 }) }],
  ])('%s', (reason, hosts, over) => {
    const found = plan(hosts, [asks(1, over)]);
    expect(found.placements).toEqual([]);
    expect(found.unplaced).toEqual([{ vm: 'vm-0001', cause: 1, reason, unfit: true }]);
  });

  it('full: 3 of 3 hosts', () => {
    const hosts = [aHost('a'), aHost('b'), aHost('c')];
    const full = hosts.map((host, index) => on(host, index + 1, 16));
    // Some host would do, only not now.
    expect(plan(hosts, [...full, asks(9)]).unplaced).toEqual([
      { vm: expect.any(String), cause: 9, reason: 'full: 3 of 3 hosts' },
    ]);
    const arm = aHost('d', {}, { arch: 'arm64' });
    expect(why(plan([...hosts, arm], [...full, asks(9)]))).toEqual(['full: 3 of 4 hosts']);
    expect(why(plan([...hosts, silent], [...full, asks(9)]))).toEqual(['full: 3 of 3 hosts']);
  });

  it('for others to boot, as many as will find room then; those behind them for room', () => {
    const a = aHost('a', {}, { maxBooting: 1 });
    const found = plan(
      [a],
      [1, 2, 3, 4, 5, 6].map((n) => asks(n)),
    );
    const boots = 'waiting for other VMs to boot on 1 of 1 hosts';
    expect(pairs(found)).toEqual(['vm-0001 host-a']);
    expect(why(found)).toEqual([boots, boots, boots, 'full: 1 of 1 hosts', 'full: 1 of 1 hosts']);
  });

  it('for others to boot on those hosts that have the room', () => {
    const [a, b] = [aHost('a', {}, { maxBooting: 1 }), aHost('b', {}, { maxBooting: 1 })];
    const booting = (host: Host, n: number) => on(host, n, 4, {}, toPlaced);
    const vms = [booting(a, 20), booting(b, 21), asks(1), asks(2, { shape: sized(12) })];
    expect(why(plan([a, b], vms))).toEqual([
      'waiting for other VMs to boot on 2 of 2 hosts',
      'waiting for other VMs to boot on 2 of 2 hosts',
    ]);
    expect(why(plan([a, b], [...vms, on(b, 22, 1)]))).toEqual([
      'waiting for other VMs to boot on 2 of 2 hosts',
      'full: 2 of 2 hosts',
    ]);
    const filled = [booting(a, 20), booting(b, 21), on(b, 22, 10), asks(2, { shape: sized(12) })];
    expect(why(plan([a, b], filled))).toEqual(['waiting for other VMs to boot on 1 of 2 hosts']);
  });

  it('a host that joins, or gets a label, changes that', () => {
    const labelled = aHost('g', { owners: ['acme'] }, { labels: ['GPU', 'x'] });
    expect(pairs(plan([labelled], [asks(1, gpu)]))).toEqual(['vm-0001 host-g']);
  });

  it('a host without known capacity takes nothing', () => {
    const { capacity: _, ...unknown } = aHost('a');
    expect(why(plan([unknown], [asks(1)]))).toEqual(['no host is online']);
  });
});

describe('the order', () => {
  const a = aHost('a', {}, { memoryMib: 8 * 1024 });

  it('is first come first served within an organisation, by the job and not by its VM', () => {
    expect(pairs(plan([a], [asks(3), asks(2), asks(1)]))).toEqual(['vm-0001 host-a', 'vm-0002 host-a']);
    const since = new Map([[jobId(3), at(-50)]]);
    expect(pairs(plan([a], [asks(3), asks(2), asks(1)], { since }))).toEqual([
      'vm-0003 host-a',
      'vm-0001 host-a',
    ]);
    const twins = [asks(2, { requestedAt: t0 }), asks(1, { requestedAt: t0 })];
    expect(pairs(plan([a], twins))).toEqual(['vm-0001 host-a', 'vm-0002 host-a']);
  });

  it('is fair between organisations: who uses least of the fleet comes next', () => {
    const other = organization('Other');
    const flood = [1, 2, 3, 4].map((n) => asks(n));
    const late = asks(9, { scope: other });
    const found = plan([a], [...flood, late]);
    expect(pairs(found)).toEqual(['vm-0001 host-a', 'vm-0009 host-a']);
    const busy = plan([aHost('a')], [on(aHost('a'), 20, 4), ...flood, late, asks(10, { scope: other })]);
    expect(pairs(busy)).toEqual(['vm-0009 host-a', 'vm-0001 host-a', 'vm-0010 host-a']);
  });

  it('counts the part of the fleet by what an organisation uses most of', () => {
    const host = aHost('a', {}, { milliCpus: 10_000, memoryMib: 100 * 1024, maxBooting: 3 });
    const cpus = on(host, 20, 1, { shape: sized(1, { milliCpus: 5000 }) });
    const memory = on(host, 21, 30, { scope: organization('other') });
    const found = plan([host], [cpus, memory, asks(1), asks(2, { scope: organization('other') })]);
    expect(pairs(found)).toEqual(['vm-0002 host-a', 'vm-0001 host-a']);
  });

  it('counts processors by what may be promised of them', () => {
    const [wide, deep] = [
      aHost('wide', {}, { milliCpus: 4000, memoryMib: 8 * 1024 }),
      aHost('deep', {}, { milliCpus: 2000, memoryMib: 16 * 1024 }),
    ];
    // On `wide` half the memory goes, on `deep` an eighth of what is promised of its processors.
    const one = asks(1, { shape: sized(4, { milliCpus: 1000 }) });
    expect(pairs(plan([wide, deep], [one], { overcommit: 4 }))).toEqual(['vm-0001 host-deep']);
    expect(pairs(plan([wide, deep], [one]))).toEqual(['vm-0001 host-wide']);
    const host = aHost('a', {}, { milliCpus: 4000, memoryMib: 16 * 1024, maxBooting: 2 });
    const cpus = on(host, 20, 1, { shape: sized(1, { milliCpus: 3000 }) });
    const memory = on(host, 21, 4, { scope: organization('other') });
    const both = [
      cpus,
      memory,
      asks(1, { shape: sized(1) }),
      asks(2, { scope: organization('other'), shape: sized(1) }),
    ];
    expect(pairs(plan([host], both, { overcommit: 4 }))[0]).toBe('vm-0001 host-a');
    expect(pairs(plan([host], both, { overcommit: 2 }))[0]).toBe('vm-0002 host-a');
  });

  it('lets small VMs go past a big one that does not fit', () => {
    const found = plan([a], [on(a, 20, 4), asks(1, { shape: sized(8) }), asks(2)]);
    expect(pairs(found)).toEqual(['vm-0002 host-a']);
    expect(why(found)).toEqual(['full: 1 of 1 hosts']);
    expect(found.reservation).toBeUndefined();
  });
});
