// What holds for a VM whatever happens to it, in any order. `transitionVm` itself asserts the invariants of a step, so that
// each run here also tries those assertions.

import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aVm, hostA, t0, timing } from '../domain.fixture.ts';
import { hostId, jobId, runnerId } from '../ids.ts';
import { type Instant, after as later } from '../time.ts';
import type { VmEvent } from './events.ts';
import { wrongWithVm, wrongWithVmStep } from './invariants.ts';
import { transitionVm } from './transition-vm.ts';
import type { Vm } from './vm.ts';
import { rulesForBusy, vmStates } from './vm.ts';
import { vmTable } from './vm-table.ts';

const jobs = fc.integer({ min: 1, max: 3 }).map(jobId);
const asOf = fc.integer({ min: 0, max: 30_000 }).map((seconds) => later(t0, seconds * 1000));

const anyEvent: fc.Arbitrary<VmEvent> = fc.oneof(
  fc.constantFrom(hostA, hostId('host-b')).map((host): VmEvent => ({ kind: 'placed', host })),
  fc.constantFrom<VmEvent[]>(
    { kind: 'returned', reason: 'full' },
    { kind: 'process-up' },
    { kind: 'registered', runnerId: runnerId(50) },
    { kind: 'registration-refused', reason: 'disabled' },
    { kind: 'guest-up', bootId: 'b' },
    { kind: 'runner-listening' },
    { kind: 'guest-job-started', jobName: 'build' },
    { kind: 'release', why: 'surplus' },
    { kind: 'host-failed', failure: { reason: 'died', owner: 'host' } },
    { kind: 'proved-gone' },
    { kind: 'host-silent' },
    { kind: 'host-back' },
    { kind: 'host-removed' },
    { kind: 'force', operator: 'ada' },
  ),
  fc.boolean().map((ranJob): VmEvent => ({ kind: 'runner-ended', ranJob, code: ranJob ? 0 : 1 })),
  jobs.map((job): VmEvent => ({ kind: 'job-bound', job })),
  jobs.map((job): VmEvent => ({ kind: 'job-completed', job })),
  fc
    .constantFrom('deleted' as const, 'absent' as const, 'busy' as const)
    .map((answer): VmEvent => ({ kind: 'deletion-answered', answer })),
  fc.record({
    kind: fc.constant('worker-answered' as const),
    alive: fc.boolean(),
    runnerAlive: fc.boolean(),
    asOf,
  }),
  // Deadlines come more often than anything else.
  ...Array.from({ length: 3 }, () => fc.constant<VmEvent>({ kind: 'deadline' })),
);

/** A life: the ordinary beginning up to a point, then anything. */
const ordinary: readonly VmEvent[] = [
  { kind: 'placed', host: hostA },
  { kind: 'process-up' },
  { kind: 'registered', runnerId: runnerId(50) },
  { kind: 'guest-up', bootId: 'b' },
  { kind: 'runner-listening' },
  { kind: 'job-bound', job: jobId(1) },
];
const life = fc
  .record({
    begin: fc.integer({ min: 0, max: ordinary.length }),
    rest: fc.array(fc.record({ event: anyEvent, pause: fc.integer({ min: 0, max: 2_000 }) }), {
      maxLength: 25,
    }),
  })
  .map(({ begin, rest }) => [...ordinary.slice(0, begin).map((event) => ({ event, pause: 1 })), ...rest]);

interface Step {
  before: Vm;
  event: VmEvent;
  outcome: ReturnType<typeof transitionVm>;
  now: Instant;
}

function live(events: readonly { event: VmEvent; pause: number }[]): readonly Step[] {
  let vm = aVm();
  let now = t0;
  return events.map(({ event, pause }) => {
    now = later(now, pause * 1000);
    // A deadline is fired when it is due, as the loop of deadlines does.
    if (event.kind === 'deadline' && vm.deadline !== undefined && vm.deadline > now) now = vm.deadline;
    const step = { before: vm, event, outcome: transitionVm(vm, event, now, timing), now };
    vm = step.outcome.next;
    return step;
  });
}

const everyStep = (name: string, check: (step: Step, steps: readonly Step[]) => void): void => {
  test.prop([life], { numRuns: 200 })(name, (events) => {
    const steps = live(events);
    for (const step of steps) check(step, steps);
  });
};

describe('whatever happens to a VM', () => {
  everyStep('it goes only where the table says', ({ before, event, outcome }) => {
    const cell = vmTable[before.state][event.kind];
    if (cell.kind === 'act') expect(cell.to).toContain(outcome.next.state);
    else expect(outcome.next).toBe(before);
  });

  everyStep('its row is sound, and so is each step', ({ before, outcome }) => {
    expect(wrongWithVm(outcome.next)).toEqual([]);
    expect(wrongWithVmStep(before, outcome.next)).toEqual([]);
  });

  everyStep('I2: the job that it was given stays its only one', (_, steps) => {
    const held = new Set(steps.flatMap(({ outcome }) => outcome.next.job ?? []));
    expect(held.size).toBeLessThanOrEqual(1);
  });

  everyStep(
    'I3: with a job in it, it is destroyed only by the rules for that',
    ({ before, event, outcome }) => {
      const { tombstone } = outcome.next;
      if (before.job === undefined || before.tombstone !== undefined || tombstone === undefined) return;
      expect(rulesForBusy).toContain(tombstone.rule);
      const lawful: Partial<Record<typeof tombstone.rule, boolean>> = {
        'operator-force': event.kind === 'force',
        'runner-ended': event.kind === 'runner-ended',
        'job-completed':
          before.jobCompletedAt !== undefined && ['deadline', 'host-removed'].includes(event.kind),
        'hard-deadline': event.kind === 'deadline',
        failed: event.kind === 'host-failed',
      };
      expect(lawful[tombstone.rule]).toBe(true);
    },
  );

  everyStep(
    "I3: without a job by GitHub's word, it takes a witness more than a deadline",
    ({ before, event, outcome, now }) => {
      if (event.kind !== 'deadline' || before.tombstone !== undefined || outcome.next.tombstone === undefined)
        return;
      const isHard = before.hardDeadline !== undefined && now >= before.hardDeadline;
      const neverStarted = before.state === 'placed' || before.before === 'placed';
      const witnessed = before.release?.worker !== undefined || before.jobCompletedAt !== undefined;
      expect(isHard || neverStarted || witnessed).toBe(true);
    },
  );

  everyStep(
    'I7: it has a deadline until it is gone, and somebody is asked to look at it',
    ({ before, outcome, now }) => {
      const { next, asks } = outcome;
      if (next.state === 'gone') return;
      expect(next.deadline).toBeDefined();
      if (next.deadline === before.deadline) return;
      const delays = asks.filter(({ what }) => what.kind === 'vm-deadline').map(({ delay }) => delay);
      expect(delays).toContain((next.deadline ?? now) - now);
      for (const { delay } of asks) expect(delay).toBeGreaterThanOrEqual(0);
    },
  );

  everyStep('I7: a deadline that was due is followed by one to come', ({ before, event, outcome, now }) => {
    const { next } = outcome;
    if (event.kind === 'deadline' && next.state !== 'gone') expect(next.deadline).toBeGreaterThan(now);
    if (next !== before && next.deadline !== undefined && next.deadline !== before.deadline) {
      expect(next.deadline).toBeGreaterThanOrEqual(now);
    }
  });

  everyStep("only the proof, or its host's removal, frees its room", ({ before, event, outcome }) => {
    if (before.state === 'requested' || outcome.next.state !== 'gone' || before.state === 'gone') return;
    expect(['proved-gone', 'host-removed']).toContain(event.kind);
    expect(outcome.asks.map(({ what }) => what.kind)).toContain('place');
  });

  everyStep(
    'I5: a registration that may exist is removed, or GitHub said that it did it',
    ({ before, outcome }) => {
      if (before.state === 'gone' || outcome.next.state !== 'gone' || before.runnerId === undefined) return;
      const asked = outcome.asks.some(({ what }) => what.kind === 'forget-runner');
      expect(asked || before.release?.deletion?.answer === 'deleted').toBe(true);
    },
  );

  everyStep('a change of supply is balanced', ({ before, outcome: { next, asks } }) => {
    const supplies = (vm: Vm): boolean =>
      ['requested', 'placed', 'starting', 'booted', 'idle'].includes(vm.state) &&
      vm.release === undefined &&
      vm.failure === undefined;
    if (supplies(before) === supplies(next)) return;
    expect(asks.map(({ what }) => what.kind)).toContain('balance');
  });

  everyStep('what it does is written down, once for each change', ({ before, outcome }) => {
    if (outcome.next === before) return;
    expect(outcome.history.length).toBeGreaterThan(0);
    const [last, ...others] = outcome.history.toReversed();
    expect(last?.subject).toEqual({ kind: 'vm', id: 'vm-1' });
    for (const line of others) {
      if (line.event !== 'vm-ended-early') expect(line.subject).toEqual({ kind: 'vm', id: 'vm-1' });
      else expect(line.subject).toEqual({ kind: 'job', id: outcome.next.job });
    }
    expect(outcome.history.at(-1)?.data).toMatchObject({ to: outcome.next.state });
  });

  test.prop([life], { numRuns: 200 })(
    'left alone, it comes to rest: its deadlines lead out of every state but those that wait for others',
    (events) => {
      let vm = live(events).at(-1)?.outcome.next ?? aVm();
      const seen = new Set<string>();
      for (let round = 0; round < 400 && vm.deadline !== undefined; round++) {
        seen.add(vm.state);
        vm = transitionVm(vm, { kind: 'deadline' }, vm.deadline, timing).next;
      }
      // Without any word from outside, only a wait for a host, for its proof, or for the end is left.
      expect(['requested', 'stopping', 'failed', 'gone']).toContain(vm.state);
    },
  );
});

describe('the table', () => {
  it('has every state, and is total', () => {
    expect(Object.keys(vmTable)).toEqual([...vmStates]);
  });
});
