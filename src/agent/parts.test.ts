// The agent's pure parts, each by itself.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testImage } from '../../test/support/agent-world.ts';
import { minutes, seconds } from '../domain/time.ts';
import { silentLog } from '../ports/log.ts';
import { VirtualClock } from '../sim/clock.ts';
import { MemoryJournal } from '../sim/memory-journal.ts';
import type { JournalEntry, VmRecord, VmSpec } from '../wire/agent-journal.ts';
import { BootSlots } from './boot-slots.ts';
import { capacityOf, defaultOffer } from './capacity.ts';
import { DesiredSet } from './desired-set.ts';
import { Ledger } from './ledger.ts';
import { defaultLimits, pauseAfter } from './limits.ts';
import { LogRings } from './log-ring.ts';
import { type Next, nextStep, type Sight } from './next-step.ts';
import { apply, emptyState } from './state.ts';

const spec: VmSpec = {
  vm: 'vm-1',
  vcpus: 1,
  milliCpus: 1000,
  memoryMib: 512,
  diskGib: 1,
  burstable: false,
  image: testImage,
  hostname: 'h',
  idleTimeoutMs: 1,
  bootTimeoutMs: seconds(60),
  lifetimeMs: minutes(60),
};
const accepted: JournalEntry = { kind: 'accepted', at: 0, spec };
const event = (number: number, body: object): JournalEntry =>
  ({ kind: 'event', event: { number, at: 0, vm: 'vm-1', event: body } }) as JournalEntry;

function recordAfter(...entries: JournalEntry[]): VmRecord {
  const [record] = entries.reduce(apply, emptyState).vms;
  if (record === undefined) throw new Error('no VM');
  return record;
}

const started = [
  accepted,
  { kind: 'begin', at: 0, vm: 'vm-1', step: 'start' },
  { kind: 'up', vm: 'vm-1' },
] satisfies JournalEntry[];
const up = event(1, { kind: 'process-up' });
const guestUp = event(2, { kind: 'guest-up', bootId: 'b' });
const tombstone = (rule: string): JournalEntry => ({
  kind: 'tombstone',
  at: 0,
  vm: 'vm-1',
  rule,
  reason: 'r',
});
const handed = event(3, { kind: 'handed' });
const boot = (id: string): JournalEntry => ({ kind: 'host-booted', id, at: 5000 });
const listening = event(4, { kind: 'runner-listening' });
const jobStarted = event(5, { kind: 'job-started', jobName: 'build' });
const exited = event(4, { kind: 'runner-exited', code: 0, ranJob: true });
const end = { how: 'exited', detail: 'd' } as const;

describe('what is next for a VM', () => {
  const sight: Sight = { now: 0, held: true, ended: undefined, maySlot: true };
  const cases: [string, JournalEntry[], Partial<Sight>, Partial<Next>][] = [
    ['it was accepted and may boot', [accepted], {}, { do: 'prepare' }],
    ['it was accepted and others boot', [accepted], { maySlot: false }, { do: 'attend' }],
    ['its order to end came first', [accepted, tombstone('failed')], {}, { do: 'stop' }],
    ['it runs, and another agent started it', [...started, up], { held: false }, { do: 'adopt' }],
    ['its guest is not up yet', [...started, up], {}, { do: 'attend', until: 30_000 }],
    ['its guest is late', [...started, up], { now: 30_000 }, { do: 'boot-again' }],
    [
      'its guest is late again',
      [...started, up, { kind: 'boot-again', at: 0, vm: 'vm-1' }, ...started.slice(1)],
      { now: 30_000 },
      { do: 'fail', owner: 'bellows' },
    ],
    ['it ended before its guest was up', [...started, up], { ended: end }, { do: 'boot-again' }],
    ['its guest is up', [...started, up, guestUp], {}, { do: 'attend', until: minutes(45) }],
    ['its end is near', [...started, up, guestUp], { now: minutes(45) }, { do: 'warn', leftMs: minutes(15) }],
    [
      'its end is near and told',
      [...started, up, guestUp, { kind: 'warned', vm: 'vm-1' }],
      { now: minutes(45) },
      { do: 'attend', until: minutes(60) },
    ],
    [
      'its time is over',
      [...started, up, guestUp, listening, jobStarted],
      { now: minutes(60) },
      { do: 'order-end', rule: 'hard-deadline', owner: 'workflow' },
    ],
    [
      'its time is over and it never had a job',
      [...started, up, guestUp, listening],
      { now: minutes(60) },
      { do: 'order-end', rule: 'hard-deadline', owner: 'github' },
    ],
    [
      'its time is over and its runner never listened',
      [...started, up, guestUp],
      { now: minutes(60) },
      { do: 'order-end', rule: 'hard-deadline', owner: 'bellows' },
    ],
    [
      'it ended under its runner',
      [...started, up, guestUp, listening],
      { ended: end },
      { do: 'fail', owner: 'bellows' },
    ],
    [
      'it ended under its job',
      [...started, up, guestUp, jobStarted],
      { ended: end },
      { do: 'fail', owner: 'workflow' },
    ],
    [
      'the host was rebooted under its job',
      [boot('a'), ...started, up, guestUp, jobStarted, boot('b')],
      { held: false },
      { do: 'fail', owner: 'host', reason: 'the host was rebooted at 1970-01-01T00:00:05.000Z' },
    ],
    [
      'the host was rebooted after its runner had ended',
      [boot('a'), ...started, up, guestUp, exited, boot('b')],
      { held: false },
      { do: 'order-end', rule: 'runner-ended' },
    ],
    ['the host was rebooted before it was begun', [boot('a'), accepted, boot('b')], {}, { do: 'prepare' }],
    [
      'the journal is of a version that did not ask for the boot',
      [...started, up, guestUp, boot('b')],
      { held: false },
      { do: 'adopt' },
    ],
    [
      'its process was killed',
      [...started, up, guestUp],
      { ended: { how: 'killed', detail: '9' } },
      { do: 'fail', owner: 'host' },
    ],
    [
      'its runner ended and then it',
      [...started, up, guestUp, exited],
      { ended: end },
      { do: 'order-end', rule: 'runner-ended' },
    ],
    [
      'its runner ended a while ago',
      [...started, up, guestUp, exited],
      { now: minutes(10) },
      { do: 'order-end', rule: 'runner-ended' },
    ],
    [
      'a runner is to be asked to go',
      [...started, up, guestUp, handed, tombstone('operator-force')],
      { held: false },
      { do: 'adopt' },
    ],
    [
      'nobody needs to be asked',
      [...started, up, guestUp, handed, tombstone('runner-ended')],
      { held: false },
      { do: 'stop' },
    ],
    ['it is a stranger', [{ kind: 'stranger', at: 0, vm: 'vm-1' }], { held: false }, { do: 'adopt' }],
    [
      'it is a stranger past its time',
      [{ kind: 'stranger', at: 0, vm: 'vm-1' }],
      { now: defaultLimits.strangerMs },
      { do: 'order-end', rule: 'hard-deadline' },
    ],
  ];
  it.each(cases)('when %s', (_name, entries, more, expected) => {
    expect(nextStep(recordAfter(...entries), { ...sight, ...more }, defaultLimits)).toMatchObject(expected);
  });
});

describe('the ledger', () => {
  it('stands after a restart where it stood, also when it was made compact in between', async () => {
    const journal = new MemoryJournal();
    const clock = new VirtualClock();
    const ledger = await Ledger.open(journal, clock, silentLog);
    await ledger.write(() => [accepted]);
    for (let i = 0; i < 1500; i++) {
      await ledger.tell('vm-1', { kind: 'usage', cpuPercentPeak: i, memoryMibPeak: 0, diskMibPeak: 0 });
      await ledger.write((state) => [{ kind: 'acknowledged', upTo: state.lastNumber - 3 }]);
    }
    expect(journal.text().split('\n').length).toBeLessThan(2000);
    const next = await Ledger.open(journal, clock, silentLog);
    expect(next.state).toEqual(ledger.state);
    expect(next.state.events.map(({ number }) => number)).toEqual([1498, 1499, 1500]);
  });

  it('numbers events on, however many write at once', async () => {
    const ledger = await Ledger.open(new MemoryJournal(), new VirtualClock(), silentLog);
    await Promise.all(
      Array.from({ length: 20 }, () => ledger.tell('vm-1', { kind: 'process-up' }, { kind: 'handed' })),
    );
    expect(ledger.state.events.map(({ number }) => number)).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
  });

  it('leaves out an entry that it cannot read', async () => {
    const journal = new MemoryJournal();
    await journal.append([{ kind: 'from the future' }, accepted]);
    const ledger = await Ledger.open(journal, new VirtualClock(), silentLog);
    expect(ledger.state.vms).toHaveLength(1);
  });
});

describe('the desired set', () => {
  const message = (epoch: string, generation: number) => ({
    type: 'desired' as const,
    protocol: 1,
    epoch,
    generation,
    vms: [],
    tombstones: [],
  });

  it('takes the same set again after a restart, and no older one', () => {
    const before = { epoch: 'a', generation: 7 };
    expect(new DesiredSet(before).take(message('a', 6), 0)).toBe(false);
    expect(new DesiredSet(before).take(message('a', 7), 0)).toBe(true);
    expect(new DesiredSet(before).take(message('b', 1), 0)).toBe(true);
  });

  it('is told of what an earlier process had, until there is a younger one', () => {
    const before = { epoch: 'a', generation: 7 };
    const set = new DesiredSet(before);
    expect(set.remembers).toEqual(before);
    expect(set.version).toEqual({ epoch: '', generation: 0 });
    expect(set.take(message('a', 6), 0)).toBe(false);
    expect(set.remembers).toEqual(before);
    expect(set.take(message('a', 7), 0)).toBe(true);
    expect(set.remembers).toBeUndefined();
    expect(new DesiredSet({ epoch: '', generation: 0 }).remembers).toBeUndefined();
  });

  it('goes back to an epoch that it left only when the newer one has been silent for long', () => {
    const set = new DesiredSet({ epoch: '', generation: 0 });
    expect(set.take(message('old', 5), 0)).toBe(true);
    expect(set.take(message('new', 1), 0)).toBe(true);
    expect(set.take(message('old', 6), minutes(9))).toBe(false);
    expect(set.take(message('new', 1), minutes(9))).toBe(false);
    expect(set.take(message('old', 6), minutes(18))).toBe(false);
    expect(set.take(message('old', 6), minutes(20))).toBe(true);
  });
});

describe('boot slots', () => {
  it('never let more boot than allowed, and wake whoever waits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 6 })), { maxLength: 60 }),
        (most, steps) => {
          const slots = new BootSlots(most);
          const booting = new Set<number>();
          const waiting = new Set<number>();
          const ask = (vm: number): void => {
            if (slots.take(`${vm}`, () => woken.add(vm))) {
              booting.add(vm);
              waiting.delete(vm);
            } else waiting.add(vm);
          };
          let woken = new Set<number>();
          for (const [takes, vm] of steps) {
            if (takes) ask(vm);
            else {
              woken = new Set();
              slots.free(`${vm}`);
              booting.delete(vm);
              waiting.delete(vm);
              for (const one of woken) if (waiting.has(one)) ask(one);
            }
            expect(booting.size).toBeLessThanOrEqual(most);
            expect(waiting.size === 0 || booting.size === most).toBe(true);
          }
        },
      ),
    );
  });
});

describe('what a host offers', () => {
  const facts = { arch: 'x64' as const, cpus: 8, memoryMib: 16_384 };
  const gib = 1024 ** 3;

  it('is what it has, less its own reserve', () => {
    expect(capacityOf(facts, 100.9 * gib, [testImage], defaultOffer)).toEqual({
      arch: 'x64',
      milliCpus: 8000,
      memoryMib: 15_360,
      diskGib: 100,
      maxBooting: 2,
      labels: [],
      images: [testImage],
    });
  });

  it('is never more than it has, whatever the operator says', () => {
    const offer = { ...defaultOffer, cpus: 64, memoryMib: 999_999, diskGib: 5000 };
    expect(capacityOf(facts, 10 * gib, [], offer)).toMatchObject({
      milliCpus: 8000,
      memoryMib: 15_360,
      diskGib: 10,
    });
    expect(capacityOf({ ...facts, memoryMib: 512 }, 0, [], offer).memoryMib).toBe(0);
  });
});

it('a log keeps its last lines, within bytes and lines', () => {
  const rings = new LogRings(new VirtualClock(), { lines: 3, bytes: 200 });
  for (const line of ['a', 'b', 'c', 'd']) rings.add('vm-1', 'runner', line);
  expect(rings.tail('vm-1', 10).map((line) => line.at(-1))).toEqual(['b', 'c', 'd']);
  rings.add('vm-1', 'runner', 'x'.repeat(150));
  expect(rings.tail('vm-1', 10)).toHaveLength(1);
});

it('pauses double and have a limit', () => {
  expect([1, 2, 3, 4, 50].map((failures) => pauseAfter(failures, defaultLimits))).toEqual([
    500, 1000, 2000, 4000, 30_000,
  ]);
});
