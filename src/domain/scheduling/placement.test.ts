import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aHost,
  at,
  capacity,
  numberedVm,
  organization,
  shape,
  t0,
  toBusy,
  toPlaced,
  toStopping,
  toUnknown,
} from '../domain.fixture.ts';
import type { HostId, JobId } from '../ids.ts';
import { imageDigest, jobId } from '../ids.ts';
import type { VmEvent } from '../lifecycle/events.ts';
import { wrongWithFleet } from '../lifecycle/invariants.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { minutes } from '../time.ts';
import type { CapacityPolicy } from './capacity.ts';
import type { Host } from './host.ts';
import { defaultReserveAfterMs, type PlacementPlan, planPlacement } from './placement.ts';
import type { VmShape } from './shape.ts';

const policy: CapacityPolicy = { cpuOvercommit: 1, diskOvercommit: 100, vmmMemoryMib: 0 };

interface More {
  overcommit?: number;
  now?: number;
  since?: ReadonlyMap<JobId, ReturnType<typeof at>>;
}
const plan = (
  hosts: readonly Host[],
  vms: readonly Vm[],
  { now = 100, since = new Map(), overcommit = 1 }: More = {},
): PlacementPlan =>
  planPlacement({
    hosts,
    vms,
    waitingSince: since,
    now: at(now),
    capacity: { ...policy, cpuOvercommit: overcommit },
    reserveAfterMs: defaultReserveAfterMs,
  });

const sized = (memoryGib: number, over: Partial<VmShape> = {}): VmShape => ({
  ...shape,
  milliCpus: 1000,
  memoryMib: memoryGib * 1024,
  ...over,
});
/** A request, `n` seconds after the first. */
const asks = (n: number, over: Partial<Vm> = {}): Vm =>
  numberedVm(n, [], { requestedAt: at(n), shape: sized(4), ...over });
const on = (
  host: Host,
  n: number,
  memoryGib: number,
  over: Partial<Vm> = {},
  events: readonly VmEvent[] = toBusy,
): Vm => ({
  ...numberedVm(n, events, { shape: sized(memoryGib), ...over }),
  host: host.id,
});
const pairs = ({ placements }: PlacementPlan) => placements.map(({ vm, host }) => `${vm} ${host}`);
const why = (found: PlacementPlan) => found.unplaced.map(({ reason }) => reason);

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

  it('may run on either architecture', () => {
    const arm = aHost('arm', {}, { arch: 'arm64' });
    expect(pairs(plan([arm], [asks(1, { shape: sized(4, { arch: 'any' }) })]))).toEqual(['vm-0001 host-arm']);
  });
});

describe('a VM that cannot be placed waits with its reason', () => {
  const gpu = { shape: sized(4, { hostLabels: ['gpu'] }) };
  const silent = aHost('s', { state: 'silent' });

  it.each<[string, readonly Host[], Partial<Vm>]>([
    ['no host has joined', [], {}],
    ['no host is online; s would do, but is silent', [silent], {}],
    ['no host is online', [aHost('s', { state: 'silent' }, { images: [] })], {}],
    ['no host is online; s would do, but is draining', [aHost('s', { state: 'draining' })], {}],
    ['no host serves acme', [aHost('a', { owners: ['other'] })], {}],
    ['no arm64 host', [aHost('a')], { shape: sized(4, { arch: 'arm64' }) }],
    ['no x64 host', [aHost('a', {}, { arch: 'arm64' })], {}],
    ['no host has label gpu', [aHost('a'), aHost('b')], gpu],
    [
      'no host has label gpu; g would do, but is disabled',
      [aHost('a'), aHost('g', { state: 'disabled' }, { labels: ['GPU'] })],
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
    ['too big: no host has so much processors', [aHost('a')], { shape: sized(4, { milliCpus: 9000 }) }],
  ])('%s', (reason, hosts, over) => {
    const found = plan(hosts, [asks(1, over)]);
    expect(found.placements).toEqual([]);
    expect(found.unplaced).toEqual([{ vm: 'vm-0001', cause: 1, reason }]);
  });

  it('full: 3 of 3 hosts', () => {
    const hosts = [aHost('a'), aHost('b'), aHost('c')];
    const full = hosts.map((host, index) => on(host, index + 1, 16));
    expect(why(plan(hosts, [...full, asks(9)]))).toEqual(['full: 3 of 3 hosts']);
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

describe('a VM that has waited some minutes', () => {
  const [a, b] = [aHost('a', {}, { memoryMib: 8 * 1024 }), aHost('b', {}, { memoryMib: 8 * 1024 })];
  const big = asks(1, { shape: sized(8) });
  const patience = { now: 301 };

  it('has one host kept for it, where it will fit first; the others go on', () => {
    const found = plan(
      [a, b],
      [on(a, 20, 4), on(b, 21, 6), big, asks(2, { shape: sized(2) }), asks(3)],
      patience,
    );
    expect(found.reservation).toEqual({ vm: 'vm-0001', host: 'host-a' });
    expect(pairs(found)).toEqual(['vm-0002 host-b']);
    expect(found.unplaced).toEqual([
      { vm: 'vm-0001', cause: 1, reason: 'full: 2 of 2 hosts; a is kept for it' },
      { vm: 'vm-0003', cause: 3, reason: 'full: 2 of 2 hosts; a is kept for an older job' },
    ]);
    expect(plan([b, a], [on(a, 20, 4), on(b, 21, 6), big], patience).reservation?.host).toBe('host-a');
  });

  it('is told as the reason to as many as would fit on the host that is kept, and who only wait for that', () => {
    const small = (n: number) => asks(n, { shape: sized(2) });
    const found = plan([a], [on(a, 20, 4), big, small(2), small(3), small(4)], patience);
    expect(why(found)).toEqual([
      'full: 1 of 1 hosts; a is kept for it',
      'full: 1 of 1 hosts; a is kept for an older job',
      'full: 1 of 1 hosts; a is kept for an older job',
      'full: 1 of 1 hosts',
    ]);
    const alike = plan([a], [on(a, 20, 4), big, asks(2, { shape: sized(8) })], patience);
    expect(why(alike)).toEqual(['full: 1 of 1 hosts; a is kept for it', 'full: 1 of 1 hosts']);
  });

  it('has a host kept also where only others that boot are in its way', () => {
    const slow = aHost('slow', {}, { maxBooting: 1 });
    const found = plan([slow], [on(slow, 20, 4, {}, toPlaced), asks(1), asks(2)], patience);
    expect(found.reservation).toEqual({ vm: 'vm-0001', host: 'host-slow' });
    expect(why(found)).toEqual([
      'waiting for other VMs to boot on 1 of 1 hosts; slow is kept for it',
      'full: 1 of 1 hosts; slow is kept for an older job',
    ]);
    const other = aHost('other', {}, { maxBooting: 1 });
    const two = [on(slow, 20, 4, {}, toPlaced), on(other, 21, 6, {}, toPlaced), asks(1), asks(2)];
    expect(why(plan([slow, other], two, patience))).toEqual([
      'waiting for other VMs to boot on 2 of 2 hosts; slow is kept for it',
      'waiting for other VMs to boot on 1 of 2 hosts',
    ]);
  });

  it('has nothing kept a moment before', () => {
    expect(plan([a, b], [on(a, 20, 4), on(b, 21, 6), big], { now: 300 }).reservation).toBeUndefined();
    expect(defaultReserveAfterMs).toBe(minutes(5));
  });

  it('goes first when it fits at last, though others use less', () => {
    const found = plan([a], [big, asks(2, { scope: organization('aaa') })], patience);
    expect(pairs(found)).toEqual(['vm-0001 host-a']);
    expect(found.reservation).toBeUndefined();
    expect(why(found)).toEqual(['full: 1 of 1 hosts']);
  });

  it('is the oldest of all of them', () => {
    const other = asks(0, { scope: organization('other'), shape: sized(8) });
    expect(plan([a, b], [on(a, 20, 4), on(b, 21, 6), big, other], patience).reservation?.vm).toBe('vm-0000');
    expect(plan([a, b], [on(a, 20, 4), on(b, 21, 6), other, big], patience).reservation?.vm).toBe('vm-0000');
  });

  it('has nothing kept when its organisation already holds more than its part of the fleet', () => {
    const other = organization('other');
    const mine = [on(a, 20, 6), on(b, 21, 6)];
    expect(plan([a, b], [...mine, big, asks(2, { scope: other })], patience).reservation).toBeUndefined();
    expect(plan([a, b], [...mine, big], patience).reservation?.vm).toBe('vm-0001');
    const theirs = on(b, 22, 1, { scope: other });
    expect(plan([a, b], [...mine, theirs, big], patience).reservation).toBeUndefined();
    const gone = { ...theirs, state: 'gone' as const };
    expect(plan([a, b], [...mine, gone, big], patience).reservation?.vm).toBe('vm-0001');
  });

  it('has nothing kept when no host could ever take it', () => {
    const found = plan([a], [asks(1, { shape: sized(64) }), asks(2)], patience);
    expect(found.reservation).toBeUndefined();
    expect(pairs(found)).toEqual(['vm-0002 host-a']);
  });

  it('has a host kept though an older one can never be served', () => {
    const found = plan([a], [on(a, 20, 4), asks(0, { shape: sized(64) }), big], patience);
    expect(found.reservation?.vm).toBe('vm-0001');
  });
});

describe('a burst', () => {
  it('of thousands that find no room costs no look at the hosts for each of them', () => {
    let looks = 0;
    const host = (name: string): Host => {
      return {
        ...aHost(name),
        get capacity() {
          looks += 1;
          return capacity();
        },
      };
    };
    const hosts = ['a', 'b', 'c', 'd'].map(host);
    const sizes = [4, 8];
    const burst = Array.from({ length: 2048 }, (_, n) =>
      asks(n, { shape: sized(sizes[n % 2] ?? 4), scope: organization(n % 3 === 0 ? 'acme' : 'other') }),
    );
    const found = plan(hosts, burst, { now: 10_000 });
    expect(found.placements.length).toBeGreaterThan(8);
    expect(found.placements.length + found.unplaced.length).toBe(2048);
    expect(new Set(why(found))).toEqual(new Set(['full: 4 of 4 hosts']));
    expect(looks).toBeLessThan(1000);
  });
});

describe('for any hosts and VMs', () => {
  const hosts = fc
    .array(
      fc.record({
        memoryMib: fc.integer({ min: 0, max: 16 }).map((gib) => gib * 1024),
        milliCpus: fc.integer({ min: 0, max: 8 }).map((cpus) => cpus * 1000),
        maxBooting: fc.integer({ min: 1, max: 5 }),
        arch: fc.constantFrom('x64' as const, 'arm64' as const),
        state: fc.constantFrom('online' as const, 'online' as const, 'silent' as const),
      }),
      { maxLength: 4 },
    )
    .map((all) => all.map(({ state, ...room }, index) => aHost(`h${index}`, { state }, room)));
  const requests = fc
    .array(
      fc.record({
        gib: fc.integer({ min: 1, max: 12 }),
        milliCpus: fc.constantFrom(250, 1000, 4000),
        owner: fc.constantFrom('acme', 'other', 'third'),
        arch: fc.constantFrom('x64' as const, 'any' as const, 'arm64' as const),
      }),
      { maxLength: 12 },
    )
    .map((all) =>
      all.map(({ gib, milliCpus, owner, arch }, index) =>
        asks(index + 1, { scope: organization(owner), shape: sized(gib, { milliCpus, arch }) }),
      ),
    );
  /** Plans and commits, again and again, as time goes on. */
  const commit = (vms: readonly Vm[], { placements }: PlacementPlan): readonly Vm[] => {
    const hostOf = new Map<string, HostId>(placements.map(({ vm, host }) => [vm, host]));
    return vms.map((vm) => {
      const host = hostOf.get(vm.id);
      return host === undefined ? vm : { ...vm, state: 'placed', host };
    });
  };

  test.prop([hosts, requests, fc.integer({ min: 0, max: 600 })])(
    'I6: a plan promises no host more than it has, and answers for every VM',
    (fleet, vms, now) => {
      const found = plan(fleet, vms, { now });
      const answered = [...found.placements, ...found.unplaced].map(({ vm }) => vm).sort();
      expect(answered).toEqual(vms.map(({ id }) => id).sort());
      const placed = commit(vms, found);
      expect(wrongWithFleet(fleet, placed, policy)).toEqual([]);
      for (const { vm, host } of found.placements) {
        const target = fleet.find(({ id }) => id === host);
        const wanted = vms.find(({ id }) => id === vm)?.shape.arch;
        expect(target?.state).toBe('online');
        expect(['any', target?.capacity?.arch]).toContain(wanted);
      }
      for (const host of fleet) {
        const booting = found.placements.filter((one) => one.host === host.id).length;
        expect(booting).toBeLessThanOrEqual(host.capacity?.maxBooting ?? 0);
      }
      for (const reason of why(found)) expect(reason).not.toBe('');
    },
  );

  test.prop([hosts, requests])(
    'I4: once the fleet empties, every VM that some host can serve is placed',
    (fleet, vms) => {
      let waiting = vms;
      for (let round = 0; round < vms.length + 1 && waiting.length > 0; round++) {
        const found = plan(fleet, waiting, { now: 1000 + round });
        const done = new Set(found.placements.map(({ vm }) => vm));
        // All that was placed runs and ends before the next look.
        waiting = waiting.filter(({ id }) => !done.has(id));
      }
      for (const reason of why(plan(fleet, waiting))) {
        expect(reason).toMatch(/^(no host has joined|no host is online|no \w+ host|too big)/);
      }
    },
  );

  test.prop([hosts, requests])('the same snapshot gives the same plan', (fleet, vms) => {
    expect(plan(fleet, vms)).toEqual(plan(fleet, [...vms].reverse()));
  });
});
