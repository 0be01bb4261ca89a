import { fc, it as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { isSameKind, planWarm, type WarmKind, type WarmMachine } from './warm-plan.ts';

const small: WarmKind = {
  vcpus: 2,
  milliCpus: 2000,
  memoryMib: 4096,
  diskGib: 20,
  burstable: false,
  image: 'sha256:new',
};
const big: WarmKind = { ...small, vcpus: 8, milliCpus: 8000, memoryMib: 16_384 };
const twoSmall = [{ kind: small, count: 2 }];
const ready = (machine: string, kind = small): WarmMachine => ({
  machine,
  kind,
  ready: true,
  expired: false,
});
const booting = (machine: string, kind = small): WarmMachine => ({ ...ready(machine, kind), ready: false });

describe('the warm pool', () => {
  it('boots one after the other until it has as many as it should', () => {
    expect(planWarm(twoSmall, [], 10_000, false)).toEqual({ retire: [], start: small });
    expect(planWarm(twoSmall, [booting('a')], 6000, false).start).toBeUndefined();
    expect(planWarm(twoSmall, [ready('a')], 6000, false).start).toEqual(small);
    expect(planWarm(twoSmall, [ready('a'), ready('b')], 6000, false)).toEqual({
      retire: [],
      start: undefined,
    });
  });

  it('boots nothing while a VM that was asked for is coming up, and nothing for which there is no memory', () => {
    expect(planWarm(twoSmall, [], 10_000, true).start).toBeUndefined();
    expect(planWarm(twoSmall, [], 4095, false).start).toBeUndefined();
  });

  it('boots where the memory is just enough', () => {
    expect(planWarm(twoSmall, [], 4096, false).start).toEqual(small);
  });

  it('keeps all while there is memory for those that were asked for, to the last byte', () => {
    expect(planWarm(twoSmall, [ready('a')], 0, false).retire).toEqual([]);
  });

  it('starts another kind beside one that it has enough of', () => {
    const targets = [
      { kind: small, count: 1 },
      { kind: big, count: 1 },
    ];
    expect(planWarm(targets, [ready('a')], 20_000, false).start).toEqual(big);
  });

  it('takes two for the same only when nothing of them differs', () => {
    expect(isSameKind(small, { ...small })).toBe(true);
    const others: Partial<WarmKind>[] = [
      { vcpus: 1 },
      { milliCpus: 1 },
      { memoryMib: 1 },
      { diskGib: 1 },
      { burstable: true },
      { image: 'sha256:old' },
    ];
    for (const other of others) expect(isSameKind(small, { ...small, ...other })).toBe(false);
  });

  it('goes on to a smaller kind when the first does not fit', () => {
    const targets = [
      { kind: big, count: 1 },
      { kind: small, count: 1 },
    ];
    expect(planWarm(targets, [], 8000, false).start).toEqual(small);
  });

  it('gives its memory up to what was asked for, those that are not ready yet first', () => {
    expect(planWarm(twoSmall, [ready('a'), booting('b')], -1, false).retire).toEqual(['b']);
    expect(planWarm(twoSmall, [booting('b'), ready('a')], -4097, false).retire).toEqual(['b', 'a']);
  });

  it('does not fill up again what it has just given up', () => {
    expect(planWarm(twoSmall, [ready('a')], -1, false).start).toBeUndefined();
  });

  it('replaces what is old, of another image, of a kind that nobody wants any more, or one too many', () => {
    const old = { ...ready('old'), expired: true };
    const other = ready('other', { ...small, image: 'sha256:old' });
    const machines = [old, other, ready('big', big), ready('a'), ready('b'), ready('c')];
    expect(planWarm(twoSmall, machines, 10_000, false).retire).toEqual(['old', 'other', 'big', 'c']);
  });

  it('that is switched off keeps none', () => {
    expect(planWarm([], [ready('a'), booting('b')], 0, false)).toEqual({
      retire: ['a', 'b'],
      start: undefined,
    });
  });

  const kind = fc.constantFrom(small, big);
  property.prop([
    fc.array(fc.record({ kind, ready: fc.boolean(), expired: fc.boolean() }), { maxLength: 8 }),
    fc.integer({ min: -50_000, max: 50_000 }),
    fc.boolean(),
    fc.nat(3),
    fc.nat(3),
  ])(
    'never holds memory that was asked for, and never has more than it should',
    (parts, free, isBusy, n, m) => {
      const machines = parts.map((part, at) => ({ machine: `m${at}`, ...part }));
      const targets = [
        { kind: small, count: n },
        { kind: big, count: m },
      ];
      const { retire, start } = planWarm(targets, machines, free, isBusy);
      const kept = machines.filter(({ machine }) => !retire.includes(machine));
      const given = machines
        .filter(({ machine }) => retire.includes(machine))
        .reduce((sum, { kind: { memoryMib } }) => sum + memoryMib, 0);
      const left = free + given - (start?.memoryMib ?? 0);
      expect(left >= 0 || kept.length === 0).toBe(true);
      for (const target of targets) {
        const here = kept.filter((machine) => machine.kind === target.kind).length;
        expect(here + (start === target.kind ? 1 : 0)).toBeLessThanOrEqual(target.count);
      }
    },
  );
});
