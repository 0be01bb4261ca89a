import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { vmId } from '../ids.ts';
import { type HostView, type JournalEntry, reconcileHost, replaces } from './reconcile-host.ts';

const vm = vmId('vm-1');
const view = (over: Partial<HostView> = {}): HostView => ({
  desired: [],
  tombstones: [],
  found: [],
  journal: [],
  held: new Set(),
  now: at(100),
  ...over,
});
const look = (over: Partial<HostView>) => reconcileHost(view(over));
const noted = (phase: JournalEntry['phase'], deadline?: number): readonly JournalEntry[] => [
  { vm, phase, ...(deadline !== undefined && { deadline: at(deadline) }) },
];
const tombstone = { vm, rule: 'runner-ended', reason: 'its job is over' };
const stop = { kind: 'stop', vm, rule: 'runner-ended', reason: 'its job is over' };

describe('a VM that is wanted', () => {
  it('is new: its steps begin', () => {
    expect(look({ desired: [vm] })).toEqual([{ kind: 'start', vm }]);
  });

  it('was half made when the agent died: its steps go on', () => {
    expect(look({ desired: [vm], journal: noted('preparing') })).toEqual([{ kind: 'start', vm }]);
    expect(look({ desired: [vm], journal: noted('preparing'), found: [vm] })).toEqual([
      { kind: 'start', vm },
    ]);
  });

  it('runs, and nobody has it in hand: it is adopted, with a note or without', () => {
    expect(look({ desired: [vm], journal: noted('running'), found: [vm] })).toEqual([{ kind: 'adopt', vm }]);
    expect(look({ desired: [vm], found: [vm] })).toEqual([{ kind: 'adopt', vm }]);
  });

  it('is in hand: nothing', () => {
    expect(look({ desired: [vm], journal: noted('running'), found: [vm], held: new Set([vm]) })).toEqual([]);
    expect(look({ desired: [vm], journal: noted('preparing'), held: new Set([vm]) })).toEqual([]);
  });

  it('ended while nobody looked: it is reported and never started again (I2)', () => {
    expect(look({ desired: [vm], journal: noted('running') })).toEqual([{ kind: 'report-lost', vm }]);
  });

  it('was proved gone, which the control plane does not know yet', () => {
    expect(look({ desired: [vm], journal: noted('gone') })).toEqual([{ kind: 'report-gone', vm }]);
  });
});

describe('a VM with a tombstone', () => {
  it('is taken down, whatever is found of it: stopping what is not there proves it', () => {
    for (const journal of [[], noted('preparing'), noted('running'), noted('stopping')]) {
      for (const found of [[], [vm]]) {
        expect(look({ tombstones: [tombstone], journal, found })).toEqual([stop]);
        expect(look({ tombstones: [tombstone], desired: [vm], journal, found, held: new Set([vm]) })).toEqual(
          [stop],
        );
      }
    }
  });

  it('is gone: that is said again; unless something of it is found after all', () => {
    expect(look({ tombstones: [tombstone], journal: noted('gone') })).toEqual([{ kind: 'report-gone', vm }]);
    expect(look({ tombstones: [tombstone], journal: noted('gone'), found: [vm] })).toEqual([stop]);
  });
});

describe('a VM that is absent from the desired set', () => {
  it('is kept, taken up, and reported: absence is no order', () => {
    expect(look({ journal: noted('running'), found: [vm] })).toEqual([
      { kind: 'adopt', vm },
      { kind: 'report-unknown', vm },
    ]);
    expect(look({ found: [vm], held: new Set([vm]) })).toEqual([{ kind: 'report-unknown', vm }]);
    expect(look({ journal: noted('preparing') })).toEqual([{ kind: 'report-unknown', vm }]);
  });

  it('was proved gone: its note can go; unless something of it is found after all', () => {
    expect(look({ journal: noted('gone') })).toEqual([{ kind: 'forget', vm }]);
    expect(look({ journal: noted('gone'), found: [vm] })).toMatchObject([{ kind: 'stop' }]);
  });
});

describe('without an order', () => {
  it('what was begun is finished: a VM that was being taken down', () => {
    for (const desired of [[], [vm]]) {
      expect(look({ desired, journal: noted('stopping'), found: [vm] })).toEqual([
        { kind: 'stop', vm, rule: 'resumed', reason: 'it was being taken down before' },
      ]);
    }
  });

  it('its own deadline ends a VM, wanted or not', () => {
    for (const desired of [[], [vm]]) {
      const then = { desired, found: [vm], held: new Set([vm]) };
      expect(look({ ...then, journal: noted('running', 100) })).toEqual([
        { kind: 'stop', vm, rule: 'hard-deadline', reason: 'it reached its own deadline' },
      ]);
      expect(look({ ...then, journal: noted('running', 101) }).map(({ kind }) => kind)).not.toContain('stop');
    }
  });
});

describe('for any host', () => {
  const ids = ['vm-1', 'vm-2', 'vm-3'].map(vmId);
  const some = fc.subarray(ids);
  const views = fc
    .record({
      desired: some,
      dead: some,
      found: some,
      held: some,
      journal: fc.array(
        fc.record({
          vm: fc.constantFrom(...ids),
          phase: fc.constantFrom<JournalEntry['phase'][]>('preparing', 'running', 'stopping', 'gone'),
        }),
        { maxLength: 3 },
      ),
    })
    .map(({ desired, dead, found, held, journal }) =>
      view({
        desired,
        found,
        journal,
        held: new Set(held),
        tombstones: dead.map((one) => ({ ...tombstone, vm: one })),
      }),
    );

  test.prop([views])('nothing is taken down without a tombstone, unless that had begun', (given) => {
    const begun = given.journal
      .filter(({ phase }) => phase === 'stopping' || phase === 'gone')
      .map((entry) => entry.vm);
    const lawful = [...given.tombstones.map((entry) => entry.vm), ...begun];
    for (const action of reconcileHost(given))
      if (action.kind === 'stop') expect(lawful).toContain(action.vm);
  });

  test.prop([views])('nothing is started that is not wanted, or that ran before', (given) => {
    for (const action of reconcileHost(given)) {
      if (action.kind !== 'start') continue;
      expect(given.desired).toContain(action.vm);
      const phase = given.journal.filter((entry) => entry.vm === action.vm).at(-1)?.phase ?? 'none';
      expect(['none', 'preparing']).toContain(phase);
    }
  });

  it('VMs are dealt with one by one, in the order of their names', () => {
    expect(
      look({ desired: [vmId('vm-3'), vmId('vm-1')], tombstones: [{ ...tombstone, vm: vmId('vm-2') }] }),
    ).toMatchObject([
      { kind: 'start', vm: 'vm-1' },
      { kind: 'stop', vm: 'vm-2' },
      { kind: 'start', vm: 'vm-3' },
    ]);
  });
});

describe('a desired set that arrives', () => {
  it('replaces an older one, and is taken from another life of the database', () => {
    const current = { epoch: 'e1', generation: 5 };
    expect(replaces({ epoch: 'e1', generation: 1 }, undefined)).toBe(true);
    expect(replaces({ epoch: 'e1', generation: 6 }, current)).toBe(true);
    expect(replaces({ epoch: 'e1', generation: 5 }, current)).toBe(false);
    expect(replaces({ epoch: 'e1', generation: 4 }, current)).toBe(false);
    expect(replaces({ epoch: 'e2', generation: 1 }, current)).toBe(true);
  });
});
