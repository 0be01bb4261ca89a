import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aJob,
  at,
  deadlineAsk,
  delivery,
  effectKinds,
  effectsOf,
  identity,
  ours,
  read,
  someRunner,
  t0,
  timing,
} from '../domain.fixture.ts';
import { runnerId, runnerName } from '../ids.ts';
import { hours, after as later, minutes, seconds } from '../time.ts';
import type { Outcome } from './effects.ts';
import type { JobEvent } from './events.ts';
import { firstHeard } from './first-heard.ts';
import { overdue, wrongWithJob } from './invariants.ts';
import type { Job, JobFact, Service } from './job.ts';
import { jobTable } from './job-table.ts';
import { arrivals, finalRead, trueHistory, truth } from './told.fixture.ts';
import { transitionJob } from './transition-job.ts';

const first = (fact: JobFact, service: Service = ours): Outcome<Job> =>
  firstHeard(identity(), service, fact, fact.heardAt, timing);
const hear = (job: Job, fact: JobFact): Outcome<Job> =>
  transitionJob(job, { kind: 'heard', fact }, fact.heardAt, timing);
const started = delivery('in_progress', at(10), { runner: someRunner, startedAt: at(10) });
const done = delivery('completed', at(60), {
  runner: someRunner,
  startedAt: at(10),
  completedAt: at(60),
  conclusion: 'success',
});
const balance = { kind: 'balance', scope: 'org:acme#1', labels: 'bellows-2cpu-4gb' };
const bind = (completed: boolean) => ({
  kind: 'bind-job',
  job: 1,
  scope: identity().scope,
  runnerName: someRunner.name,
  completed,
});

describe('a job first heard of', () => {
  it('queued: is demand', () => {
    const outcome = first(delivery('queued', t0));
    expect(outcome.next).toMatchObject({
      state: 'queued',
      undecided: false,
      waitingFor: 'a VM is being asked for',
      firstSeenAt: at(1),
      since: at(1),
      deadline: later(at(1), minutes(5)),
      version: 0,
      service: ours,
    });
    expect(effectsOf(outcome)).toEqual([balance]);
    expect(deadlineAsk(outcome)).toBe(minutes(5));
    expect(outcome.history).toEqual([
      {
        at: at(1),
        subject: { kind: 'job', id: 1 },
        event: 'heard',
        data: {
          from: 'waiting',
          to: 'queued',
          source: 'delivery',
          status: 'queued',
          asOf: t0,
          heardAt: at(1),
        },
      },
    ]);
  });

  it('waiting: is none, and says why', () => {
    const outcome = first(delivery('waiting', t0));
    expect(outcome.next).toMatchObject({
      state: 'waiting',
      waitingFor: 'GitHub has not queued it yet: it waits for an approval or for other jobs',
      deadline: later(at(1), minutes(15)),
    });
    expect(effectsOf(outcome)).toEqual([]);
    expect(outcome.history).toHaveLength(1);
  });

  it('completed: is history only, but for the VM that may have run it', () => {
    const outcome = first(done);
    expect(outcome.next).toMatchObject({ state: 'done', waitingFor: '' });
    expect(outcome.next.deadline).toBeUndefined();
    expect(outcome.asks).toEqual([{ what: bind(true), delay: 0 }]);
    expect(first(delivery('completed', at(5), { conclusion: 'cancelled' })).asks).toEqual([]);
  });

  it('in progress: tells the VM, and asks for nothing', () => {
    const outcome = first(started);
    expect(outcome.next).toMatchObject({
      state: 'running',
      waitingFor: '',
      deadline: later(at(11), minutes(30)),
    });
    expect(effectsOf(outcome)).toEqual([bind(false)]);
  });
});

describe('a queued job', () => {
  it('starts: leaves demand, and its VM is told', () => {
    const outcome = hear(aJob(), started);
    expect(outcome.next).toMatchObject({ state: 'running', since: at(11), waitingFor: '' });
    expect(effectsOf(outcome)).toEqual([bind(false), balance]);
    // Its VM is bound in the meantime, and would seem to be surplus before.
    expect(outcome.asks).toContainEqual({ what: balance, delay: seconds(2) });
  });

  it('is cancelled in the queue: leaves demand, and no VM is told', () => {
    const outcome = hear(aJob(), delivery('completed', at(5), { conclusion: 'cancelled' }));
    expect(outcome.next.state).toBe('done');
    expect(effectsOf(outcome)).toEqual([balance]);
    expect(outcome.asks).toEqual([{ what: balance, delay: 0 }]);
  });

  it('is over when we first hear of its start: its VM is bound before demand and supply are compared', () => {
    const outcome = hear(aJob(), done);
    expect(outcome.next.state).toBe('done');
    expect(effectsOf(outcome)).toEqual([bind(true), balance]);
    expect(outcome.asks).toContainEqual({ what: balance, delay: seconds(2) });
  });

  it('hears the same again: nothing is asked and nothing written down', () => {
    const job = aJob();
    const outcome = hear(job, delivery('queued', t0));
    expect(outcome.next).toEqual(job);
    expect(outcome.asks).toEqual([]);
    expect(outcome.history).toEqual([]);
  });

  it('keeps its deadline and its reason when a fact changes nothing', () => {
    const job = aJob({ waitingFor: 'full: 3 of 3 hosts' });
    const outcome = hear(job, delivery('queued', at(1), { heardAt: at(100) }));
    expect(outcome.next).toMatchObject({
      deadline: job.deadline,
      waitingFor: 'full: 3 of 3 hosts',
      since: job.since,
    });
    expect(outcome.asks).toEqual([]);
    expect(outcome.history).toHaveLength(1);
  });

  it('is unknown to GitHub: lost, and no longer demand', () => {
    const job = aJob();
    const outcome = transitionJob(job, { kind: 'read-missing', asOf: at(50) }, at(51), timing);
    expect(outcome.next).toMatchObject({ state: 'lost', waitingFor: 'GitHub no longer knows this job' });
    expect(outcome.next.deadline).toBeUndefined();
    expect(effectsOf(outcome)).toEqual([balance]);
    expect(outcome.history[0]?.data).toEqual({ from: 'queued', to: 'lost', asOf: at(50) });
    const back = hear(outcome.next, read('queued', at(60)));
    expect(back.next.state).toBe('queued');
    expect(effectsOf(back)).toEqual([balance]);
  });
});

describe('a running job', () => {
  const running = hear(aJob(), started).next;

  it('ends: the VM is told, and the run may have room for another job', () => {
    const outcome = hear(running, done);
    expect(outcome.next.state).toBe('done');
    expect(effectsOf(outcome)).toEqual([bind(true), balance]);
    expect(outcome.asks).toContainEqual({ what: balance, delay: 0 });
  });

  it('ends, and later deliveries change nothing but what is known', () => {
    const over = hear(running, done).next;
    const outcome = hear(over, delivery('queued', at(1), { heardAt: at(300) }));
    expect(outcome.next.state).toBe('done');
    expect(outcome.asks).toEqual([]);
  });

  it('is told to the VM once; a second runner is another', () => {
    expect(hear(running, started).asks).toEqual([]);
    const other = { id: runnerId(51), name: runnerName('bellows-x-vm-2') };
    expect(effectsOf(hear(running, delivery('in_progress', at(10), { runner: other })))).toEqual([
      { ...bind(false), runnerName: other.name },
    ]);
  });

  it('was cancelled when first heard of, and names its runner later', () => {
    const cancelled = first(delivery('completed', at(60), { conclusion: 'cancelled' })).next;
    expect(effectsOf(hear(cancelled, started))).toEqual([bind(true)]);
  });
});

describe('a job that the facts do not decide', () => {
  const waiting = delivery('waiting', t0, { heardAt: at(3) });

  it('is read at once, and is no demand meanwhile', () => {
    const outcome = hear(aJob(), waiting);
    expect(outcome.next).toMatchObject({
      state: 'waiting',
      undecided: true,
      deadline: later(at(3), minutes(1)),
    });
    expect(outcome.asks).toContainEqual({ what: { kind: 'read-job', job: 1 }, delay: 0 });
    expect(effectKinds(outcome)).toEqual(['read-job', 'balance']);
    expect(outcome.history[0]?.data).toMatchObject({ undecided: true });
  });

  it('is not read once more for each delivery, since the read under way answers for them all', () => {
    const job = hear(aJob(), waiting).next;
    expect(effectKinds(hear(job, delivery('queued', t0, { heardAt: at(4) })))).toEqual([]);
  });

  it('is read again, after a pause, when a delivery overtook the read', () => {
    const job = hear(hear(aJob(), waiting).next, delivery('queued', t0, { heardAt: at(9) })).next;
    const outcome = hear(job, read('waiting', at(5)));
    expect(outcome.next.undecided).toBe(true);
    expect(outcome.asks).toEqual([{ what: { kind: 'read-job', job: 1 }, delay: seconds(5) }]);
    expect(hear(job, read('queued', at(12))).next).toMatchObject({ state: 'queued', undecided: false });
  });

  it('is read again when a 404 was overtaken', () => {
    const job = hear(aJob(), waiting).next;
    const outcome = transitionJob(job, { kind: 'read-missing', asOf: at(2) }, at(4), timing);
    expect(outcome.next).toMatchObject({ state: 'waiting', undecided: true });
    expect(outcome.asks).toEqual([{ what: { kind: 'read-job', job: 1 }, delay: seconds(5) }]);
  });

  it('gets its own deadline when it stays in its state', () => {
    const job = first(delivery('waiting', t0)).next;
    const outcome = hear(job, delivery('queued', t0, { heardAt: at(4) }));
    expect(outcome.next).toMatchObject({
      state: 'waiting',
      since: job.since,
      deadline: later(at(4), minutes(1)),
    });
  });
});

describe('a deadline (I7)', () => {
  const fire = (job: Job, now = job.deadline ?? t0) => transitionJob(job, { kind: 'deadline' }, now, timing);

  it('has a queued job read and balanced, each time a little later', () => {
    let job = aJob();
    const waits: number[] = [];
    for (let round = 0; round < 9; round++) {
      const outcome = fire(job);
      expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }, balance]);
      expect(outcome.history).toMatchObject([{ event: 'deadline', data: { from: 'queued', to: 'queued' } }]);
      waits.push(deadlineAsk(outcome) ?? 0);
      expect(outcome.next.deadline).toBe(later(job.deadline ?? t0, waits.at(-1) ?? 0));
      job = outcome.next;
    }
    expect(waits.map((wait) => wait / minutes(1))).toEqual([5, 10, 20, 40, 80, 160, 180, 180, 180]);
  });

  it('has a waiting or running job read', () => {
    for (const job of [first(delivery('waiting', t0)).next, hear(aJob(), started).next]) {
      expect(effectsOf(fire(job))).toEqual([{ kind: 'read-job', job: 1 }]);
    }
  });

  it.each(['listed', 'no-calls'] as const)(
    'of a job that is spared the call (%s) has nothing read',
    (spared) => {
      const job = first(delivery('queued', t0)).next;
      const due = job.deadline ?? t0;
      const outcome = transitionJob(job, { kind: 'deadline', spared }, due, timing);
      expect(effectKinds(outcome)).toEqual(['balance']);
      const asWithout = transitionJob(job, { kind: 'deadline' }, due, timing);
      expect(outcome.next).toEqual(asWithout.next);
      expect(deadlineAsk(outcome)).toBe(deadlineAsk(asWithout));
      expect(outcome.history[0]?.data).toEqual({ from: 'queued', to: 'queued', spared });
    },
  );

  it('that is not due yet only asks again', () => {
    const job = aJob();
    const outcome = fire(job, at(1));
    expect(outcome).toEqual({
      next: job,
      asks: [{ what: { kind: 'job-deadline', job: 1 }, delay: minutes(5) }],
      history: [],
    });
    expect(fire({ ...job, deadline: at(2) }, at(2)).history).toHaveLength(1);
  });

  it('is due when a row without one is met', () => {
    const { deadline: _, ...job } = aJob();
    expect(effectKinds(transitionJob(job, { kind: 'deadline' }, at(1), timing))).toEqual([
      'read-job',
      'balance',
    ]);
  });

  it('of what waits for nothing does nothing', () => {
    for (const job of [first(done).next, first(delivery('queued', t0), { kind: 'foreign' }).next]) {
      expect(transitionJob(job, { kind: 'deadline' }, at(9999), timing)).toEqual({
        next: job,
        asks: [],
        history: [],
      });
      expect(transitionJob(job, { kind: 'read-missing', asOf: at(9999) }, at(9999), timing).next).toBe(job);
    }
  });
});

describe('a foreign job', () => {
  const foreign = first(delivery('queued', t0), { kind: 'foreign' });

  it('is kept, waits for nothing, and asks for nothing', () => {
    expect(foreign.next).toMatchObject({ state: 'foreign', waitingFor: '' });
    expect(foreign.next.deadline).toBeUndefined();
    expect(foreign.asks).toEqual([]);
  });

  it('is not read when the facts do not decide', () => {
    const outcome = hear(foreign.next, delivery('waiting', t0));
    expect(outcome.next).toMatchObject({ state: 'foreign', undecided: false });
    expect(outcome.asks).toEqual([]);
  });

  it('may be given to a VM of ours, since GitHub matches runners by superset', () => {
    expect(effectsOf(hear(foreign.next, started))).toEqual([bind(false)]);
  });

  it('ends', () => {
    expect(hear(foreign.next, done).next.state).toBe('done');
  });

  it('is told why when it is refused', () => {
    const refused = first(delivery('queued', t0), { kind: 'refused', reason: 'acme/app is public' });
    expect(refused.next).toMatchObject({ state: 'foreign', waitingFor: 'acme/app is public' });
  });
});

describe('I1 and I7 for any telling', () => {
  const told = trueHistory.chain((history) => fc.tuple(fc.constant(history), arrivals(history)));

  test.prop([told, fc.constantFrom<Service[]>(ours, { kind: 'foreign' })])(
    'the machine ends where the truth is, and never waits without a deadline',
    ([history, heard], service) => {
      const [head, ...rest] = [...heard, finalRead(history)];
      if (head === undefined) return;
      let outcome = firstHeard(identity(), service, head, head.heardAt, timing);
      let reads = 0;
      for (const fact of rest) {
        expect(wrongWithJob(outcome.next)).toEqual([]);
        if (outcome.next.undecided) expect(outcome.next.state).toBe('waiting');
        const before = outcome.next;
        const cell = jobTable[before.state].heard;
        outcome = transitionJob(before, { kind: 'heard', fact }, fact.heardAt, timing);
        expect(cell.kind === 'act' && cell.to).toContain(outcome.next.state);
        reads += effectKinds(outcome).filter((kind) => kind === 'read-job').length;
        if (before.undecided === false && outcome.next.undecided) expect(reads).toBeGreaterThan(0);
      }
      const end = truth(history);
      expect(outcome.next.state).toBe(service.kind === 'foreign' && end !== 'done' ? 'foreign' : end);
      expect(outcome.next.undecided).toBe(false);
    },
  );

  test.prop([
    fc.array(
      fc.constantFrom<JobEvent[]>(
        { kind: 'deadline' },
        { kind: 'read-missing', asOf: at(50) },
        { kind: 'heard', fact: started },
        { kind: 'heard', fact: done },
        { kind: 'heard', fact: read('waiting', at(70)) },
      ),
    ),
  ])('no state but an end lets a job wait for ever', (events) => {
    let job = aJob();
    events.forEach((event, index) => {
      job = transitionJob(job, event, at(1000 * (index + 1)), timing).next;
      const waits = job.state !== 'done' && job.state !== 'lost' && job.state !== 'foreign';
      expect(job.deadline !== undefined).toBe(waits);
      expect(overdue(job, at(1000 * (index + 1)), hours(4))).toBe(false);
    });
  });
});
