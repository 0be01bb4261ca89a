import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aJob,
  at,
  aVm,
  delivery,
  hostA,
  read,
  t0,
  timing,
  toBooted,
  toIdle,
  toPlaced,
  toStarting,
} from '../domain.fixture.ts';
import { jobId, runnerId } from '../ids.ts';
import type { VmEvent } from '../lifecycle/events.ts';
import { transitionJob } from '../lifecycle/transition-job.ts';
import { transitionVm } from '../lifecycle/transition-vm.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { isSupply } from '../scheduling/supply.ts';
import { hours, after as plus } from '../time.ts';
import { type Repair, repairSubject } from './repair.ts';
import { jobFoundByPoll, repairsOfJob, repairsOfVm } from './repairs-of.ts';

/** Lets the events happen one after the other, each when the VM's state is past its time if it is a deadline. */
function live(events: readonly VmEvent[], start: Vm = aVm()): { vm: Vm; repairs: readonly Repair[] } {
  let vm = start;
  const repairs: Repair[] = [];
  let now = t0;
  for (const event of events) {
    now = event.kind === 'deadline' && vm.deadline !== undefined ? vm.deadline : plus(now, 1);
    const { next } = transitionVm(vm, event, now, timing);
    repairs.push(...repairsOfVm(vm, event, next, now));
    vm = next;
  }
  return { vm, repairs };
}
const told = (events: readonly VmEvent[]): readonly string[] =>
  live(events).repairs.map(({ kind, cause }) => `${kind}: ${cause}`);

const deadline: VmEvent = { kind: 'deadline' };
const consent: readonly VmEvent[] = [
  { kind: 'deletion-answered', answer: 'deleted' },
  { kind: 'worker-answered', alive: false, runnerAlive: true, asOf: plus(t0, hours(2)) },
];

describe('a VM that leaves the supply without a job', () => {
  it.each<[string, readonly VmEvent[], string]>([
    ['its host never began', [...toPlaced, deadline], 'host-did-not-start-it'],
    ['its guest is silent', [...toStarting, deadline], 'guest-silent'],
    ['its runner does not listen', [...toBooted, deadline], 'runner-never-listened'],
    ['nobody gave it a job', [...toIdle, deadline], 'idled-out'],
    [
      'GitHub evicted its runner',
      [...toIdle, { kind: 'runner-ended', ranJob: false, code: 0 }],
      'runner-evicted',
    ],
    [
      'GitHub has not told of the job that it had',
      [...toIdle, { kind: 'runner-ended', ranJob: true, code: 0 }],
      'job-not-told',
    ],
    ['its runner broke', [...toBooted, { kind: 'runner-ended', ranJob: false, code: 1 }], 'runner-broke'],
    [
      'GitHub refuses its runner',
      [...toStarting, { kind: 'registration-refused', reason: 'x' }],
      'registration-refused',
    ],
    [
      'its host failed it',
      [...toStarting, { kind: 'host-failed', failure: { reason: 'no disk', owner: 'host' } }],
      'host-failed',
    ],
    ['its host is silent', [...toIdle, { kind: 'host-silent' }], 'host-silent'],
    ['a host knew it before it had one', [{ kind: 'disowned', why: '' }], 'known-elsewhere'],
    ['GitHub knew it before it had a host', [{ kind: 'job-bound', job: jobId(8) }], 'known-elsewhere'],
    ['an operator forced it', [...toIdle, { kind: 'force', operator: 'ada' }], 'forced'],
  ])('since %s may be replaced', (_, events, cause) => {
    expect(told(events)).toEqual([`vm-replaced: ${cause}`]);
  });

  it('says whose it was, where it was and what was wrong', () => {
    const failure = { reason: 'no disk', owner: 'host' } as const;
    const { vm, repairs } = live([...toStarting, { kind: 'host-failed', failure }]);
    expect(repairs).toEqual([
      {
        at: vm.since,
        kind: 'vm-replaced',
        cause: 'host-failed',
        subject: { kind: 'vm', id: vm.id },
        owner: 'acme',
        data: { job: vm.cause, from: 'starting', host: hostA, reason: 'no disk' },
      },
    ]);
  });

  it('counts again when its host came back meanwhile, for another may have been asked for each time', () => {
    const silentTwice: VmEvent[] = [{ kind: 'host-silent' }, { kind: 'host-back' }, { kind: 'host-silent' }];
    expect(told([...toIdle, ...silentTwice])).toEqual(Array(2).fill('vm-replaced: host-silent'));
  });
});

describe('what is told of a VM', () => {
  it('names no host and no reason where there was none', () => {
    const { vm, repairs } = live([{ kind: 'disowned', why: '' }]);
    expect(repairs.map(({ data }) => data)).toStrictEqual([{ job: vm.cause, from: 'requested' }]);
  });

  it('is its hard deadline where that is what ended it, not the state that it was in', () => {
    const idle = live(toIdle).vm;
    const late = plus(idle.hardDeadline ?? t0, 1);
    const { next } = transitionVm({ ...idle, deadline: t0 }, deadline, late, timing);
    expect(repairsOfVm(idle, deadline, next, late).map(({ kind, cause }) => `${kind}: ${cause}`)).toEqual([
      'vm-replaced: hard-deadline',
      'vm-reaped: hard-deadline',
    ]);
  });

  it('is not that it was reaped when GitHub had deleted its runner before', () => {
    const absent: VmEvent = { kind: 'deletion-answered', answer: 'absent' };
    expect(told([...toIdle, deadline, absent, ...consent.slice(1)])).not.toContain('vm-reaped: idle');
  });
});

it('a repair is found by its subject', () => {
  expect(repairSubject({ kind: 'job', id: jobId(7) })).toBe('job 7');
});

describe('a VM that needs no replacement', () => {
  it.each<[string, readonly VmEvent[]]>([
    ['got a job', [...toIdle, { kind: 'job-bound', job: jobId(1) }]],
    ['is surplus, and was not placed', [{ kind: 'release', why: 'surplus' }]],
    ['is surplus, and idle', [...toIdle, { kind: 'release', why: 'surplus' }, ...consent]],
    [
      'lost its host with its job',
      [...toIdle, { kind: 'job-bound', job: jobId(1) }, { kind: 'host-silent' }],
    ],
    ['went on', toIdle],
  ])('since it %s is no repair', (_, events) => {
    expect(told(events)).toEqual([]);
  });
});

describe('a VM that is reaped', () => {
  it('since it idled is told twice: it left the supply, and it was taken away', () => {
    expect(told([...toIdle, deadline, ...consent])).toEqual(['vm-replaced: idled-out', 'vm-reaped: idle']);
  });

  it('at its hard deadline is told with the job that it had', () => {
    const busy = live([...toIdle, { kind: 'job-bound', job: jobId(1) }]).vm;
    const late = plus(busy.hardDeadline ?? t0, 1);
    const { next } = transitionVm({ ...busy, deadline: t0 }, deadline, late, timing);
    expect(repairsOfVm(busy, deadline, next, late)).toMatchObject([
      { kind: 'vm-reaped', cause: 'hard-deadline', data: { job: 1 } },
    ]);
  });
});

const someEvent = fc.constantFrom<VmEvent>(
  ...toIdle,
  deadline,
  deadline,
  ...consent,
  { kind: 'registered', runnerId: runnerId(50) },
  { kind: 'deletion-answered', answer: 'absent' },
  { kind: 'deletion-answered', answer: 'busy' },
  { kind: 'returned', reason: 'full' },
  { kind: 'guest-job-started', jobName: 'build' },
  { kind: 'job-bound', job: jobId(1) },
  { kind: 'release', why: 'surplus' },
  { kind: 'host-failed', failure: { reason: 'died', owner: 'host' } },
  { kind: 'proved-gone' },
  { kind: 'host-silent' },
  { kind: 'host-back' },
  { kind: 'runner-ended', ranJob: false, code: 0 },
  { kind: 'force', operator: 'ada' },
);

test.prop([fc.integer({ min: 0, max: toIdle.length }), fc.array(someEvent, { maxLength: 25 })])(
  'whatever happens, each time that it leaves the supply is a job, surplus or one repair',
  (begin, rest) => {
    let vm = aVm();
    let now = t0;
    for (const event of [...toIdle.slice(0, begin), ...rest]) {
      now = event.kind === 'deadline' && vm.deadline !== undefined ? vm.deadline : plus(now, 1);
      const { next } = transitionVm(vm, event, now, timing);
      const replaced = repairsOfVm(vm, event, next, now).filter(({ kind }) => kind === 'vm-replaced');
      const left = isSupply(vm) && !isSupply(next);
      const explained = next.job !== undefined || event.kind === 'release';
      expect(replaced).toHaveLength(left && !explained ? 1 : 0);
      vm = next;
    }
  },
);

describe('a job', () => {
  const correction = (
    before: ReturnType<typeof aJob>,
    fact: ReturnType<typeof read>,
    by: 'read' | 'poll',
  ) => {
    const event = { kind: 'heard', fact } as const;
    return repairsOfJob(before, event, transitionJob(before, event, at(60), timing).next, at(60), by);
  };

  it.each(['read', 'poll'] as const)('whose state changes by a %s was corrected', (by) => {
    const done = read('completed', at(60), { conclusion: 'success' });
    expect(correction(aJob(), done, by)).toEqual([
      {
        at: at(60),
        kind: `job-corrected-by-${by}`,
        cause: 'a webhook is lost or late',
        subject: { kind: 'job', id: 1 },
        owner: 'acme',
        data: { from: 'queued', to: 'done' },
      },
    ]);
  });

  it('that a delivery told of was not corrected', () => {
    const done = delivery('completed', at(60), { conclusion: 'success' });
    expect(correction(aJob(), done, 'read')).toEqual([]);
  });

  it('that the poll told of first was found by it', () => {
    expect(jobFoundByPoll(aJob(), at(60))).toEqual({
      at: at(60),
      kind: 'job-found-by-poll',
      cause: 'no webhook told of it',
      subject: { kind: 'job', id: 1 },
      owner: 'acme',
      data: { state: 'queued' },
    });
  });

  it('of which GitHub no longer knows was corrected', () => {
    const event = { kind: 'read-missing', asOf: at(60) } as const;
    const { next } = transitionJob(aJob(), event, at(60), timing);
    expect(repairsOfJob(aJob(), event, next, at(60), 'read')).toMatchObject([{ data: { to: 'lost' } }]);
  });

  it('that was open between two states says that the webhooks did not decide', () => {
    const open = transitionJob(aJob(), { kind: 'heard', fact: delivery('waiting', t0) }, at(1), timing).next;
    expect(open.undecided).toBe(true);
    expect(correction(open, read('queued', at(60)), 'read')).toMatchObject([
      { cause: 'the webhooks did not decide', data: { from: 'waiting', to: 'queued' } },
    ]);
  });

  it('that is as a read says, or that a webhook moves, was not', () => {
    expect(correction(aJob(), read('queued', at(60)), 'read')).toEqual([]);
    expect(correction(aJob(), delivery('in_progress', at(60)), 'read')).toEqual([]);
  });
});
