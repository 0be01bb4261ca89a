import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aHost, capacity, organization, toPlaced } from '../domain.fixture.ts';
import type { HostId } from '../ids.ts';
import { wrongWithFleet } from '../lifecycle/invariants.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { minutes } from '../time.ts';
import type { Host } from './host.ts';
import { asks, on, pairs, plan, policy, sized, why } from './placement.fixture.ts';
import { defaultReserveAfterMs, type PlacementPlan } from './placement.ts';

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
        expect(reason).toMatch(
          /^(no host has joined|no host is online|no \w+ host|all hosts that fit are silent|too big)/,
        );
      }
    },
  );

  test.prop([hosts, requests])('the same snapshot gives the same plan', (fleet, vms) => {
    expect(plan(fleet, vms)).toEqual(plan(fleet, [...vms].reverse()));
  });
});
