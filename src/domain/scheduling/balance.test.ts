import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acme,
  at,
  labels,
  numberedVm,
  queuedJob,
  toBooted,
  toBusy,
  toFailed,
  toIdle,
  toPlaced,
  toStarting,
  toStopping,
  toUnknown,
} from '../domain.fixture.ts';
import { jobId, runId, runnerId } from '../ids.ts';
import { labelKey, labelSet } from '../labels/label-set.ts';
import type { VmEvent } from '../lifecycle/events.ts';
import type { Job, JobState } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { idleTooLong } from '../lifecycle/vm-release.ts';
import { scopeKey } from '../scope.ts';
import { type Instant, after as later, minutes } from '../time.ts';
import { type Balance, balance, defaultBalancePolicy } from './balance.ts';

const weigh = (jobs: readonly Job[], vms: readonly Vm[], now: Instant = at(1000)): Balance =>
  balance({ scope: scopeKey(acme), labels: labelKey(labels), jobs, vms, now, policy: defaultBalancePolicy });
const idle = (n: number, over: Partial<Vm> = {}) => numberedVm(n, toIdle, over);
const released = ({ release }: Balance) => release.map(({ vm }) => vm);

describe('what is missing', () => {
  it('is asked for, once for each job, oldest first', () => {
    const found = weigh([queuedJob(2), queuedJob(1)], []);
    expect(found).toEqual({ request: [1, 2], release: [], held: [] });
  });

  it('is nothing for a job whose VM is on its way, in whatever state', () => {
    for (const events of [[], toPlaced, toStarting, toBooted, toIdle]) {
      expect(weigh([queuedJob(1)], [numberedVm(1, events)])).toEqual({ request: [], release: [], held: [] });
    }
  });

  it('is asked for again when the VM failed, ended, fell silent, or was taken by another job', () => {
    for (const events of [toFailed, toStopping, toUnknown, toBusy]) {
      expect(weigh([queuedJob(1)], [numberedVm(1, events)]).request).toEqual([1]);
    }
  });

  it('is less when a spare VM is there: the oldest job without one takes it', () => {
    const spare = idle(99);
    expect(weigh([queuedJob(1), queuedJob(2), queuedJob(3)], [spare, idle(2)]).request).toEqual([3]);
    expect(
      weigh([queuedJob(1), queuedJob(2)], [idle(1, {}), { ...idle(1), id: idle(7).id }]).request,
    ).toEqual([]);
  });

  it('is not asked for a younger job whose own VM is on its way', () => {
    expect(weigh([queuedJob(1), queuedJob(2), queuedJob(3)], [idle(3)]).request).toEqual([1, 2]);
    expect(weigh([queuedJob(1), queuedJob(2), queuedJob(3)], [idle(3), idle(88)]).request).toEqual([2]);
  });

  it('does not count other scopes and label sets', () => {
    const other = idle(2, { labels: labelSet(['bellows-1cpu-1gb']) });
    expect(weigh([queuedJob(1), queuedJob(3, at(3), { labels: labelSet(['x']) })], [other])).toEqual({
      request: [1],
      release: [],
      held: [],
    });
  });
});

describe('what is too much', () => {
  it('is given back: first unplaced, then unregistered, then idle VMs', () => {
    const vms = [
      idle(5),
      numberedVm(4, toBooted),
      numberedVm(3, toStarting),
      numberedVm(2, toPlaced),
      numberedVm(1),
      numberedVm(6, [...toPlaced, { kind: 'guest-up', bootId: 'b' }]),
    ];
    const order = ['vm-0001', 'vm-0002', 'vm-0003', 'vm-0006', 'vm-0004', 'vm-0005'];
    for (let jobs = 0; jobs <= 6; jobs++) {
      const queued = Array.from({ length: jobs }, (_, index) => queuedJob(100 + index));
      expect(released(weigh(queued, vms))).toEqual(order.slice(0, 6 - jobs));
    }
    expect(weigh([], [idle(1)]).release).toEqual([{ vm: 'vm-0001', why: 'more VMs than queued jobs' }]);
  });

  it('of equals, the youngest goes first', () => {
    const old = idle(1);
    const young = idle(2, { requestedAt: at(9) });
    expect(released(weigh([queuedJob(5)], [old, young]))).toEqual(['vm-0002']);
    expect(released(weigh([queuedJob(5)], [idle(3), idle(2), idle(4)]))).toEqual(['vm-0002', 'vm-0003']);
  });

  it('is never a VM whose guest says that it works, nor one that GitHub named with a job', () => {
    expect(released(weigh([], [idle(1, { jobHint: 'build' })]))).toEqual([]);
    expect(released(weigh([], [idle(1, { jobHint: 'build' }), idle(2)]))).toEqual(['vm-0002']);
    // It takes no other job: the free one is for the job that waits.
    expect(released(weigh([queuedJob(5)], [idle(1, { jobHint: 'build' }), idle(2)]))).toEqual([]);
    const started = queuedJob(1, at(1), {
      state: 'running',
      knowledge: { before: {}, runner: { id: runnerId(1), name: idle(1).runnerName } },
    });
    expect(released(weigh([started], [idle(1)]))).toEqual([]);
  });
});

describe('repeated setbacks', () => {
  const failed = (n: number, requestedAt: number): Vm => {
    const vm = numberedVm(n, toFailed, { cause: jobId(1) });
    const end = at(requestedAt + 10);
    return { ...vm, requestedAt: at(requestedAt), tombstone: { rule: 'failed', reason: '', at: end } };
  };
  const job = queuedJob(1, at(0));

  it('back off: the job is held, is told why, and is looked at again in time', () => {
    const vms = [failed(1, 100), failed(2, 200)];
    const until = later(at(210), minutes(1));
    expect(weigh([job], vms, at(211))).toEqual({
      request: [],
      release: [],
      held: [{ job: 1, reason: '2 VMs in a row came to nothing; next try at 12:04 UTC' }],
      retryAt: until,
    });
    expect(weigh([job], vms, until).request).toEqual([1]);
    expect(weigh([job], [failed(1, 100)], at(111)).request).toEqual([1]);
  });

  it('are lifted by news: a job that is new, or one that moved', () => {
    const vms = [failed(1, 100), failed(2, 200)];
    expect(weigh([job, queuedJob(2, at(210))], vms, at(212)).request).toEqual([1, 2]);
    const moved = queuedJob(3, at(5), { state: 'done', since: at(211), firstSeenAt: at(6) });
    expect(weigh([job, moved], vms, at(212)).request).toEqual([1]);
    const elsewhere = { ...moved, labels: labelSet(['x']) };
    expect(weigh([job, elsewhere], vms, at(212)).request).toEqual([]);
  });

  it('do not keep surplus from being given back', () => {
    expect(released(weigh([], [failed(1, 100), failed(2, 200), idle(3)], at(211)))).toEqual(['vm-0003']);
  });
});

describe('a run with max-parallel', () => {
  const inRun = (n: number, state: JobState, since: number, run = 500): Job =>
    queuedJob(n, at(1), { runId: runId(run), state, since: at(since), firstSeenAt: at(2) });
  const idledOut = (n: number, when: number, over: Partial<Vm> = {}): Vm =>
    idle(n, { release: { why: idleTooLong, startedAt: at(when) }, ...over });
  const running = inRun(1, 'running', 20);
  const queued = [inRun(2, 'queued', 2), inRun(3, 'queued', 2)];
  const why = 'GitHub lets no further job of this run start (max-parallel); waiting for one to end';

  it('holds its jobs when its VMs idle out while one of its jobs works', () => {
    const found = weigh([running, ...queued], [idledOut(2, 400), idledOut(3, 401)], at(402));
    expect(found.request).toEqual([]);
    expect(found.held).toEqual([
      { job: 2, reason: why },
      { job: 3, reason: why },
    ]);
    expect(found.retryAt).toBe(later(at(401), minutes(15)));
  });

  it('lets one go for each job of the run that ends', () => {
    const vms = [idledOut(2, 400), idledOut(3, 401)];
    const ended = inRun(4, 'done', 450);
    const found = weigh([running, ended, ...queued], vms, at(451));
    expect(found.request).toEqual([2]);
    expect(found.held).toEqual([{ job: 3, reason: why }]);
    const made = numberedVm(12, [], { cause: jobId(2), requestedAt: at(451) });
    expect(weigh([running, ended, ...queued], [...vms, made], at(452)).request).toEqual([]);
    const before = inRun(4, 'done', 401);
    expect(weigh([running, before, ...queued], vms, at(451)).request).toEqual([]);
    const other = inRun(5, 'done', 450, 501);
    expect(weigh([running, other, ...queued], vms, at(451)).request).toEqual([]);
  });

  it('tries one after a quarter of an hour all the same', () => {
    const vms = [idledOut(2, 400), idledOut(3, 401)];
    const then = later(at(401), minutes(15));
    expect(weigh([running, ...queued], vms, later(then, -1)).request).toEqual([]);
    expect(weigh([running, ...queued], vms, then).request).toEqual([2]);
    expect(weigh([running, ...queued], vms, then).retryAt).toBe(later(then, minutes(15)));
    const made = numberedVm(12, [], { cause: jobId(2), requestedAt: then });
    expect(weigh([running, ...queued], [...vms, made], then).request).toEqual([]);
  });

  it('tries another a quarter of an hour after that one, and not before: the first may live so long', () => {
    const vms = [idledOut(2, 400), idledOut(3, 401)];
    const then = later(at(401), minutes(15));
    const made = numberedVm(12, [], { cause: jobId(2), requestedAt: then });
    const moment = later(then, minutes(1));
    expect(weigh([running, ...queued], [...vms, made], moment).request).toEqual([]);
    expect(weigh([running, ...queued], [...vms, made], moment).retryAt).toBe(later(then, minutes(15)));
    expect(weigh([running, ...queued], [...vms, made], later(then, minutes(15))).request).toEqual([3]);
  });

  it('is not suspected when none of its jobs worked then, or when its VMs failed', () => {
    const vms = [idledOut(2, 400)];
    expect(weigh(queued, vms, at(402)).request).toEqual([2, 3]);
    expect(weigh([inRun(1, 'running', 401), ...queued], vms, at(402)).request).toEqual([2, 3]);
    expect(weigh([inRun(1, 'running', 400), ...queued], vms, at(402)).request).toEqual([]);
    expect(weigh([inRun(1, 'running', 20, 501), ...queued], vms, at(402)).request).toEqual([2, 3]);
    expect(weigh([running, ...queued], [numberedVm(2, toFailed)], at(402)).request).toEqual([2, 3]);
  });

  it('is not suspected for VMs that failed, or for those of another run', () => {
    const late = at(400);
    const broken = {
      ...numberedVm(2, toFailed),
      tombstone: { rule: 'failed' as const, reason: '', at: late },
    };
    expect(weigh([running, ...queued], [broken], at(402)).request).toEqual([2, 3]);
    const elsewhere = inRun(9, 'queued', 2, 501);
    expect(weigh([running, ...queued, elsewhere], [idledOut(9, 400)], at(402)).request).toEqual([2, 3, 9]);
  });

  it('lets none go for jobs that did not end, and counts only its own VMs against those that did', () => {
    const vms = [idledOut(2, 400), idledOut(3, 401)];
    const fresh = inRun(4, 'queued', 450);
    expect(weigh([running, ...queued, fresh], vms, at(451)).request).toEqual([]);
    const ended = inRun(4, 'done', 450);
    const other = inRun(9, 'queued', 2, 501);
    const theirs = numberedVm(9, [], { requestedAt: at(450) });
    expect(weigh([running, ended, other, ...queued], [...vms, theirs], at(451)).request).toEqual([2]);
    const mine = numberedVm(2, toStopping, { requestedAt: at(401) });
    expect(weigh([running, ended, ...queued], [...vms, mine], at(451)).request).toEqual([2]);
  });

  it('backs off all the same when its VMs fail again and again', () => {
    const failing = [410, 430].map((when, index) => ({
      ...numberedVm(20 + index, toFailed, { cause: jobId(2) }),
      requestedAt: at(when),
      tombstone: { rule: 'failed' as const, reason: '', at: at(when + 5) },
    }));
    const found = weigh([running, ...queued], [idledOut(2, 400), ...failing], at(436));
    expect(found.held[0]?.reason).toContain('2 VMs in a row');
  });

  it('is looked at again when the first of several is due', () => {
    const other = [inRun(8, 'running', 20, 501), inRun(9, 'queued', 2, 501)];
    const [soon, late] = [later(at(300), minutes(15)), later(at(400), minutes(15))];
    expect(weigh([running, ...queued, ...other], [idledOut(2, 400), idledOut(9, 300)], at(402)).retryAt).toBe(
      soon,
    );
    expect(weigh([running, ...queued, ...other], [idledOut(2, 300), idledOut(9, 400)], at(402)).retryAt).toBe(
      soon,
    );
    expect(weigh([running, ...queued], [idledOut(2, 400)], at(402)).retryAt).toBe(late);
    expect(weigh([running], [], at(402))).not.toHaveProperty('retryAt');
  });

  it('is not backed off besides, and does not hold other runs', () => {
    const other = inRun(9, 'queued', 2, 501);
    const vms = [idledOut(2, 400), idledOut(3, 410, { requestedAt: at(405) })];
    const found = weigh([running, ...queued, other], vms, at(411));
    expect(found.request).toEqual([9]);
    expect(found.held.map(({ job }) => job)).toEqual([2, 3]);
    const gone = { ...inRun(1, 'running', 20), state: 'done' as const, since: at(30) };
    expect(weigh([gone, ...queued], vms, at(411)).held[0]?.reason).toContain('2 VMs in a row');
  });

  it('idles out for a job that is no longer known: that is backed off', () => {
    const vms = [idledOut(70, 400), idledOut(71, 410, { requestedAt: at(405) })];
    expect(weigh([running, ...queued], vms, at(411)).held.map(({ reason }) => reason.slice(0, 5))).toEqual([
      '2 VMs',
      '2 VMs',
    ]);
  });
});

describe('for any jobs and VMs', () => {
  const lives: readonly (readonly VmEvent[])[] = [
    [],
    toPlaced,
    toStarting,
    toBooted,
    toIdle,
    toBusy,
    toStopping,
    toUnknown,
  ];
  const jobsOf = fc
    .uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 12 })
    .map((ids) => ids.map((n) => queuedJob(n)));
  const vmsOf = fc
    .array(fc.constantFrom(...lives), { maxLength: 12 })
    .map((all) => all.map((events, index) => numberedVm(index + 1, events)));

  test.prop([jobsOf, vmsOf])(
    'it releases no more than the surplus, and asks for no more than is missing',
    (jobs, vms) => {
      const found = weigh(jobs, vms);
      const supply = vms.filter(({ state }) =>
        ['requested', 'placed', 'starting', 'booted', 'idle'].includes(state),
      ).length;
      expect(found.release).toHaveLength(Math.max(0, supply - jobs.length));
      expect(found.request).toHaveLength(Math.max(0, jobs.length - supply));
      expect(new Set(found.request).size).toBe(found.request.length);
      for (const { vm } of found.release) expect(vms.find(({ id }) => id === vm)?.job).toBeUndefined();
    },
  );

  test.prop([jobsOf, vmsOf])('it converges: once done, there is nothing left to do', (jobs, vms) => {
    const found = weigh(jobs, vms);
    const gone = new Set(released(found));
    const made = found.request.map((cause, index) => numberedVm(100 + index, [], { cause }));
    expect(weigh(jobs, [...vms.filter(({ id }) => !gone.has(id)), ...made])).toEqual({
      request: [],
      release: [],
      held: [],
    });
  });

  it('a stale read or doubled row changes nothing: the sets count', () => {
    const job = queuedJob(1);
    const again = {
      ...job,
      knowledge: { ...job.knowledge, read: { status: 'queued' as const, asOf: at(3) } },
    };
    expect(weigh([again], [idle(1)])).toEqual({ request: [], release: [], held: [] });
  });
});
