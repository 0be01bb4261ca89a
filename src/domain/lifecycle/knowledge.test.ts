import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, delivery, read, someRunner } from '../domain.fixture.ts';
import { runnerId, runnerName } from '../ids.ts';
import type { JobFact, JobKnowledge } from './job.ts';
import type { Missing } from './knowledge.ts';
import { join, learn, nothingKnown, sameKnowledge, stateOf } from './knowledge.ts';
import { arrivals, finalRead, trueHistory, truth } from './told.fixture.ts';

const missing = (second: number): Missing => ({ source: 'read', status: 'missing', asOf: at(second) });
const know = (...facts: (JobFact | Missing)[]): JobKnowledge => facts.reduce(learn, nothingKnown);
const state = (...facts: (JobFact | Missing)[]) => stateOf(know(...facts));

const anyFact: fc.Arbitrary<JobFact | Missing> = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map(missing),
  fc
    .record({
      source: fc.constantFrom('delivery' as const, 'read' as const),
      status: fc.constantFrom<JobFact['status'][]>(
        'queued',
        'waiting',
        'pending',
        'requested',
        'in_progress',
        'completed',
        'unknown',
      ),
      asOf: fc.integer({ min: 0, max: 5 }),
      later: fc.integer({ min: 0, max: 3 }),
      conclusion: fc.constantFrom<NonNullable<JobFact['conclusion']>[]>(
        'success',
        'failure',
        'unknown',
        'cancelled',
        'timed_out',
      ),
      runner: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      name: fc.constantFrom('a', 'b'),
      actor: fc.option(fc.constantFrom('octocat', 'hubot'), { nil: undefined }),
    })
    .map(({ source, status, asOf, later, conclusion, runner, name, actor }) => ({
      source,
      status,
      asOf: at(asOf),
      heardAt: at(asOf + (source === 'read' ? 0 : later)),
      conclusion,
      ...(runner !== undefined && { runner: { id: runnerId(runner), name: runnerName(name) } }),
      ...(actor !== undefined && { actor }),
    })),
);
const facts = fc.array(anyFact, { maxLength: 8 });

describe('what is known of a job', () => {
  test.prop([facts, facts, facts])('joins in any grouping', (a, b, c) => {
    const [x, y, z] = [know(...a), know(...b), know(...c)];
    expect(join(join(x, y), z)).toEqual(join(x, join(y, z)));
  });

  test.prop([facts, facts])('joins in any order', (a, b) => {
    expect(join(know(...a), know(...b))).toEqual(join(know(...b), know(...a)));
  });

  test.prop([facts])('does not grow by what is known already', (a) => {
    const known = know(...a);
    expect(join(known, known)).toEqual(known);
    for (const fact of a) expect(sameKnowledge(learn(known, fact), known)).toBe(true);
  });

  test.prop([facts, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }))])(
    'is a function of the set of facts',
    (a, random) => {
      const shuffled = [...a]
        .map((fact) => ({ fact, key: random.next().value }))
        .sort((x, y) => x.key - y.key)
        .map(({ fact }) => fact);
      expect(know(...shuffled, ...a)).toEqual(know(...a));
    },
  );

  test.prop([facts, facts])('tells equal from unequal', (a, b) => {
    const [x, y] = [know(...a), know(...b)];
    const normal = (known: JobKnowledge) => JSON.stringify(join(nothingKnown, known));
    expect(sameKnowledge(x, y)).toBe(normal(x) === normal(y));
  });
});

describe('equal knowledge', () => {
  const full: JobKnowledge = {
    completed: { conclusion: 'success', at: at(9) },
    started: { at: at(5) },
    runner: someRunner,
    read: { status: 'completed', asOf: at(10) },
    before: { queued: { asOf: at(1), heardAt: at(2) }, waiting: { asOf: at(3), heardAt: at(4) } },
  };

  it('is equal in every point', () => {
    expect(sameKnowledge(full, structuredClone(full))).toBe(true);
    const others: readonly Partial<JobKnowledge>[] = [
      { completed: { conclusion: 'failure', at: at(9) } },
      { completed: { conclusion: 'success', at: at(8) } },
      { started: { at: at(6) } },
      { runner: { ...someRunner, id: runnerId(99) } },
      { runner: { ...someRunner, name: runnerName('other') } },
      { read: { status: 'queued', asOf: at(10) } },
      { read: { status: 'completed', asOf: at(11) } },
      { before: { ...full.before, queued: { asOf: at(0), heardAt: at(2) } } },
      { before: { ...full.before, queued: { asOf: at(1), heardAt: at(3) } } },
      { before: { ...full.before, waiting: { asOf: at(0), heardAt: at(4) } } },
      { before: { ...full.before, waiting: { asOf: at(3), heardAt: at(3) } } },
    ];
    for (const other of others) {
      expect(sameKnowledge(full, { ...full, ...other })).toBe(false);
      expect(sameKnowledge({ ...full, ...other }, full)).toBe(false);
    }
    for (const key of ['completed', 'started', 'runner', 'read'] as const) {
      const { [key]: _, ...less } = full;
      expect(sameKnowledge(full, less)).toBe(false);
    }
    expect(sameKnowledge(full, { ...full, before: {} })).toBe(false);
  });
});

describe('I1: the state of a job', () => {
  const told = trueHistory.chain((history) => fc.tuple(fc.constant(history), arrivals(history)));

  test.prop([told])('is the truth after one look, whatever was lost, doubled or late', ([history, heard]) => {
    expect(state(...heard, finalRead(history))).toEqual({ state: truth(history), undecided: false });
  });

  test.prop([told])(
    'is never guessed: when it is decided without a read, no delivery speaks against it',
    ([, heard]) => {
      const deliveries = heard.filter(({ source }) => source === 'delivery');
      const found = state(...deliveries);
      if (found.undecided || found.state === 'done' || found.state === 'running') return;
      const stamp = (status: string): number =>
        Math.max(
          ...deliveries
            .filter((fact) => (fact.status === 'queued') === (status === 'queued'))
            .map(({ asOf }) => asOf),
          0,
        );
      const other = found.state === 'queued' ? 'waiting' : 'queued';
      expect(stamp(found.state)).toBeGreaterThan(stamp(other));
    },
  );
});

describe('before the start', () => {
  it("the greater of GitHub's stamps wins, in whatever order they arrive", () => {
    const waiting = delivery('waiting', at(1));
    const queued = delivery('queued', at(2));
    expect(state(waiting, queued)).toEqual({ state: 'queued', undecided: false });
    expect(state(queued, waiting)).toEqual({ state: 'queued', undecided: false });
    expect(state(delivery('queued', at(1)), delivery('waiting', at(2)))).toEqual({
      state: 'waiting',
      undecided: false,
    });
  });

  it('queued, waiting, queued with one and the same stamp decides nothing', () => {
    const [queued, waiting] = [delivery('queued', at(1)), delivery('waiting', at(1))];
    expect(state(queued, waiting, queued)).toEqual({ state: 'waiting', undecided: true });
    expect(state(queued, queued)).toEqual({ state: 'queued', undecided: false });
    expect(state(waiting)).toEqual({ state: 'waiting', undecided: false });
  });

  it('the latest word of each kind counts, whenever it arrives', () => {
    const [early, late] = [delivery('queued', at(1), { heardAt: at(50) }), delivery('queued', at(9))];
    const waiting = delivery('waiting', at(5));
    for (const told of [
      [early, late, waiting],
      [late, waiting, early],
    ]) {
      expect(state(...told)).toEqual({ state: 'queued', undecided: false });
      expect(know(...told).before.queued).toEqual({ asOf: at(9), heardAt: at(50) });
    }
  });

  it('nothing at all is known: the job must be read', () => {
    expect(stateOf(nothingKnown)).toEqual({ state: 'waiting', undecided: true });
  });

  it.each(['waiting', 'pending', 'requested', 'unknown'] as const)(
    '%s is no demand, whatever the action said',
    (status) => {
      expect(state(delivery(status, at(1)))).toEqual({ state: 'waiting', undecided: false });
      expect(state(read(status, at(1)))).toEqual({ state: 'waiting', undecided: false });
    },
  );

  it('a read that began after all deliveries had come decides', () => {
    const [queued, waiting] = [delivery('queued', at(1)), delivery('waiting', at(1))];
    expect(state(queued, waiting, read('queued', at(2)))).toEqual({ state: 'queued', undecided: false });
    expect(state(queued, waiting, read('waiting', at(5)))).toEqual({ state: 'waiting', undecided: false });
  });

  it('a read is overtaken by a later delivery that says something else, and not by one that agrees', () => {
    const late = delivery('queued', at(1), { heardAt: at(9) });
    expect(state(read('waiting', at(5)), late)).toEqual({ state: 'waiting', undecided: true });
    expect(state(read('queued', at(5)), late)).toEqual({ state: 'queued', undecided: false });
    const wait = delivery('waiting', at(1), { heardAt: at(9) });
    expect(state(read('queued', at(5)), wait)).toEqual({ state: 'waiting', undecided: true });
    expect(state(read('waiting', at(5)), wait)).toEqual({ state: 'waiting', undecided: false });
    expect(state(read('waiting', at(5)), late, read('queued', at(10)))).toEqual({
      state: 'queued',
      undecided: false,
    });
  });

  it('an older read does not win over a newer one', () => {
    expect(state(read('queued', at(9)), read('waiting', at(5))).state).toBe('queued');
  });

  it('GitHub answers 404: lost, until somebody speaks of it again', () => {
    const queued = delivery('queued', at(1));
    expect(state(queued, missing(5))).toEqual({ state: 'lost', undecided: false });
    expect(state(missing(5), delivery('queued', at(1), { heardAt: at(6) }))).toEqual({
      state: 'waiting',
      undecided: true,
    });
    expect(state(queued, missing(5), read('queued', at(6)))).toEqual({ state: 'queued', undecided: false });
  });
});

describe('from the start on', () => {
  const started = delivery('in_progress', at(10), { runner: someRunner });

  it('a start beats what comes late, and a stale read', () => {
    expect(state(started, delivery('queued', at(1), { heardAt: at(50) })).state).toBe('running');
    expect(state(started, read('queued', at(50)))).toEqual({ state: 'running', undecided: false });
    expect(state(delivery('queued', at(1)), read('in_progress', at(9)))).toEqual({
      state: 'running',
      undecided: false,
    });
  });

  it('404 means lost, but not when the start is younger', () => {
    expect(state(started, missing(50))).toEqual({ state: 'lost', undecided: false });
    expect(state(missing(5), started)).toEqual({ state: 'running', undecided: true });
    expect(state(missing(10), started)).toEqual({ state: 'lost', undecided: false });
  });

  it('only completed absorbs', () => {
    const done = delivery('completed', at(20), { runner: someRunner, conclusion: 'success' });
    for (const other of [started, missing(50), read('queued', at(60)), delivery('waiting', at(70))]) {
      expect(state(done, other)).toEqual({ state: 'done', undecided: false });
      expect(state(other, done)).toEqual({ state: 'done', undecided: false });
    }
  });
});

describe('single facts', () => {
  it('name the runner only from the start on', () => {
    expect(know(delivery('queued', at(1), { runner: someRunner })).runner).toBeUndefined();
    expect(know(delivery('in_progress', at(1), { runner: someRunner })).runner).toEqual(someRunner);
    expect(know(delivery('completed', at(1), { runner: someRunner })).runner).toEqual(someRunner);
  });

  it('tell of a start by in_progress, or by an end with a runner; a job cancelled in the queue never started', () => {
    expect(know(delivery('in_progress', at(5), { startedAt: at(4) })).started).toEqual({ at: at(4) });
    expect(know(delivery('in_progress', at(5))).started).toEqual({ at: at(5) });
    expect(know(delivery('completed', at(9), { runner: someRunner, startedAt: at(4) })).started).toEqual({
      at: at(4),
    });
    expect(know(delivery('completed', at(9), { startedAt: at(4) })).started).toBeUndefined();
    expect(know(delivery('queued', at(9), { startedAt: at(4), runner: someRunner })).started).toBeUndefined();
  });

  it('tell the end with its conclusion and time', () => {
    expect(
      know(delivery('completed', at(9), { conclusion: 'failure', completedAt: at(8) })).completed,
    ).toEqual({
      conclusion: 'failure',
      at: at(8),
    });
    expect(know(delivery('completed', at(9))).completed).toEqual({ conclusion: 'unknown', at: at(9) });
    expect(know(delivery('in_progress', at(9))).completed).toBeUndefined();
  });

  it('are kept as deliveries or as the newest read', () => {
    expect(know(delivery('queued', at(1)))).toEqual({ before: { queued: { asOf: at(1), heardAt: at(2) } } });
    expect(know(read('queued', at(1)))).toEqual({ before: {}, read: { status: 'queued', asOf: at(1) } });
    expect(know(missing(1))).toEqual({ before: {}, read: { status: 'missing', asOf: at(1) } });
    expect(know(delivery('in_progress', at(1))).before).toEqual({});
  });
});

describe('where GitHub contradicts itself', () => {
  const end = (conclusion: NonNullable<JobFact['conclusion']>, second: number) =>
    delivery('completed', at(second), { conclusion });

  it('a known conclusion beats an unknown one, then the earlier, then the worse', () => {
    expect(know(end('unknown', 1), end('success', 5)).completed?.conclusion).toBe('success');
    expect(know(end('success', 5), end('unknown', 1)).completed?.conclusion).toBe('success');
    expect(know(end('unknown', 5), end('unknown', 1)).completed?.at).toBe(at(1));
    expect(know(end('failure', 1), end('success', 5)).completed?.conclusion).toBe('failure');
    expect(know(end('failure', 1), end('success', 1)).completed?.conclusion).toBe('failure');
    expect(know(end('success', 5), end('failure', 1)).completed?.conclusion).toBe('failure');
    expect(know(end('success', 1), end('failure', 5)).completed?.conclusion).toBe('success');
    expect(know(end('success', 1), end('failure', 1)).completed?.conclusion).toBe('failure');
    const worstFirst = [
      'failure',
      'timed_out',
      'cancelled',
      'action_required',
      'neutral',
      'skipped',
      'success',
    ] as const;
    const ends = worstFirst.map((conclusion) => end(conclusion, 1));
    ends.forEach((fact, index) => {
      expect(know(...ends.slice(index).reverse()).completed?.conclusion).toBe(fact.conclusion);
    });
  });

  it('the earliest start counts, and the runner that was registered last', () => {
    const run = (second: number, id: number, name: string) =>
      delivery('in_progress', at(second), { runner: { id: runnerId(id), name: runnerName(name) } });
    const known = know(run(5, 2, 'b'), run(3, 1, 'z'));
    expect(known.started?.at).toBe(at(3));
    expect(know(run(3, 1, 'z'), run(5, 2, 'b'))).toEqual(known);
    expect(know(run(5, 2, 'c'), run(5, 2, 'b')).runner?.name).toBe('c');
    expect(known.runner).toEqual({ id: 2, name: 'b' });
    expect(know(run(5, 2, 'b'), run(5, 2, 'c')).runner?.name).toBe('c');
  });

  it('of two reads of one moment, the one that saw the job further on counts', () => {
    const order = ['unknown', 'requested', 'pending', 'waiting', 'queued'] as const;
    const reads = order.map((status) => read(status, at(1)));
    reads.forEach((fact, index) => {
      expect(know(...reads.slice(0, index + 1).reverse()).read?.status).toBe(fact.status);
    });
    expect(know(read('queued', at(1)), missing(1)).read?.status).toBe('missing');
    expect(know(missing(1), read('in_progress', at(1))).read?.status).toBe('in_progress');
    expect(know(read('in_progress', at(1)), read('completed', at(1))).read?.status).toBe('completed');
  });
});
