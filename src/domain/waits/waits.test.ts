import { describe, expect, it } from 'vitest';
import { aHost, aJob, at, delivery, ours, queuedJob, shape } from '../domain.fixture.ts';
import { checkRunId, type LabelKey, runId } from '../ids.ts';
import type { Job } from '../lifecycle/job.ts';
import { defaultCapacityPolicy } from '../scheduling/capacity.ts';
import type { Host } from '../scheduling/host.ts';
import { hours, after as then } from '../time.ts';
import { type ImpossibleWait, impossibleWait } from './impossible-wait.ts';
import { hasJustBegun, mayBeLeftOpen } from './left-open.ts';
import { graceMs, longestMs, lookEveryMs, nextWord, type WaitNotice } from './notice.ts';
import { endWords, waitWords } from './wait-words.ts';

const wants = (over: Partial<typeof shape>): Partial<Job> => ({
  service: { kind: 'ours', shape: { ...shape, ...over } },
});
const whyOf = (jobs: readonly Job[], hosts: readonly Host[]): string | undefined =>
  impossibleWait(jobs, hosts, defaultCapacityPolicy)?.reason;
const held: Partial<Host> = { hold: { kind: 'draining', by: 'ada', why: 'disks', since: at(0) } };

describe('a wait is impossible', () => {
  it.each<[string, Partial<Job>, string]>([
    ['a label that no host has', wants({ hostLabels: ['gpu'] }), 'no host has label gpu'],
    ['an architecture without a host', wants({ arch: 'arm64' }), 'no arm64 host'],
    [
      'more than the largest host has',
      wants({ memoryMib: 9_999_999 }),
      'too big: no host has so much memory',
    ],
  ])('for %s', (_what, over, reason) => {
    expect(whyOf([queuedJob(1, at(1), over)], [aHost('a')])).toBe(reason);
    expect(whyOf([queuedJob(1, at(1), over)], [aHost('a'), aHost('b', held)])).toBe(reason);
  });

  it('as long as no host has joined, or none is for its account', () => {
    expect(whyOf([queuedJob(1)], [])).toBe('no host has joined');
    expect(whyOf([queuedJob(1)], [aHost('a', { owners: ['globex'] })])).toBe('no host serves acme');
  });

  it('for what is refused, until it runs all the same or is over', () => {
    const refused = aJob({ state: 'foreign', service: { kind: 'refused', reason: 'it is public' } });
    expect(whyOf([refused], [aHost('a')])).toBe('it is public');
    const ended = { ...refused.knowledge, completed: { conclusion: 'cancelled', at: at(9) } as const };
    expect(whyOf([{ ...refused, knowledge: ended }], [aHost('a')])).toBeUndefined();
    expect(
      whyOf([{ ...refused, knowledge: { ...refused.knowledge, started: { at: at(9) } } }], []),
    ).toBeUndefined();
  });

  it('not while a host would do that is full, drained or silent, or has not told what it has', () => {
    expect(whyOf([queuedJob(1)], [aHost('a')])).toBeUndefined();
    expect(whyOf([queuedJob(1)], [aHost('b', held)])).toBeUndefined();
    expect(whyOf([queuedJob(1)], [aHost('a', { state: 'silent' })])).toBeUndefined();
    const { capacity: _, ...untold } = aHost('a');
    expect(whyOf([queuedJob(1, at(1), wants({ arch: 'arm64' }))], [untold])).toBeUndefined();
  });

  it('not for what is somebody else’s, or runs', () => {
    expect(whyOf([aJob({ state: 'foreign', service: { kind: 'foreign' } })], [])).toBeUndefined();
    expect(whyOf([aJob({ state: 'running', service: ours }, delivery('queued', at(0)))], [])).toBeUndefined();
  });

  it('with advice on what can be done, by why it is', () => {
    const adviceOn = (job: Job) => impossibleWait([job], [], defaultCapacityPolicy)?.advice;
    expect(adviceOn(aJob({ state: 'foreign', service: { kind: 'refused', reason: 'it is public' } }))).toBe(
      'Change `runs-on`, or ask whoever runs Bellows for you.',
    );
    expect(adviceOn(queuedJob(1))).toMatch(/^Ask for something else in `runs-on`, or .* starts by itself/);
  });

  it('not once GitHub has lost it, and not while it is held back', () => {
    const refused = aJob({ state: 'foreign', service: { kind: 'refused', reason: 'it is public' } });
    const read = (status: 'missing' | 'queued') => ({
      ...refused,
      knowledge: { ...refused.knowledge, read: { status, asOf: at(9) } } as Job['knowledge'],
    });
    expect(whyOf([read('missing')], [])).toBeUndefined();
    expect(whyOf([read('queued')], [])).toBe('it is public');
    expect(whyOf([{ ...refused, state: 'done' }], [])).toBeUndefined();
    expect(whyOf([], [])).toBeUndefined();
  });

  it('since GitHub queued it, or since a refused one was first heard of', () => {
    const refused = aJob({
      state: 'foreign',
      service: { kind: 'refused', reason: 'x' },
      firstSeenAt: at(77),
    });
    expect(impossibleWait([refused], [], defaultCapacityPolicy)?.since).toBe(at(77));
    const late = queuedJob(1, at(10), { firstSeenAt: at(99) });
    expect(impossibleWait([late], [], defaultCapacityPolicy)?.since).toBe(at(10));
  });

  it('counts from the oldest of its jobs', () => {
    const wait = impossibleWait([queuedJob(2, at(20)), queuedJob(1, at(10))], [], defaultCapacityPolicy);
    expect(wait).toMatchObject({ since: at(10), jobs: [{ id: 2 }, { id: 1 }] });
  });
});

describe('what is said next', () => {
  const wait = { reason: 'no arm64 host', advice: '', since: at(0), jobs: [] } as ImpossibleWait;
  const now = then(at(0), graceMs);
  const notice: WaitNotice = {
    run: runId(100),
    labels: 'bellows' as LabelKey,
    checkRun: checkRunId(7),
    told: wait.reason,
    openedAt: at(0),
    busyUntil: at(0),
  };
  const { checkRun: _, ...unsaid } = notice;

  it('is nothing in the first minutes, and nothing without a wait', () => {
    expect(nextWord(undefined, wait, at(1))).toEqual({ kind: 'later', at: now });
    expect(nextWord(undefined, undefined, now)).toEqual({ kind: 'nothing' });
  });

  it('is why, then, and another reason when there is one', () => {
    expect(nextWord(undefined, wait, now)).toEqual({ kind: 'say', wait });
    expect(nextWord(notice, wait, now)).toEqual({ kind: 'later', at: then(now, lookEveryMs) });
    const other = { ...wait, reason: 'no host has label gpu' };
    expect(nextWord(notice, other, now)).toEqual({ kind: 'say', wait: other, checkRun: 7 });
  });

  it('is that it is over, also when nobody ever told', () => {
    expect(nextWord(notice, undefined, now)).toEqual({ kind: 'end', checkRun: 7 });
    expect(nextWord(notice, wait, then(at(1), longestMs))).toEqual({ kind: 'end', checkRun: 7 });
    const refused = { ...unsaid, retryAt: now };
    expect(nextWord(refused, undefined, now)).toEqual({ kind: 'forget' });
  });

  it('is that whatever is open is over, when somebody died over saying it, or a backup may not know it', () => {
    expect(nextWord(unsaid, undefined, now)).toEqual({ kind: 'end' });
    expect(nextWord(undefined, undefined, now, true)).toEqual({ kind: 'end' });
    expect(nextWord(undefined, wait, now, true)).toEqual({ kind: 'say', wait });
  });

  it('waits for whoever is at it, and after a refusal', () => {
    expect(nextWord({ ...notice, busyUntil: now }, undefined, now)).toEqual({ kind: 'end', checkRun: 7 });
    const old = { ...notice, openedAt: then(now, -longestMs) };
    expect(nextWord(old, wait, now).kind).toBe('later');
    const busy = { ...notice, busyUntil: then(now, 1) };
    expect(nextWord(busy, undefined, now)).toEqual({ kind: 'later', at: busy.busyUntil });
    const refused = { ...unsaid, retryAt: then(now, hours(1)) };
    expect(nextWord(refused, wait, now)).toEqual({ kind: 'later', at: then(now, lookEveryMs) });
    expect(nextWord(refused, wait, refused.retryAt)).toEqual({ kind: 'say', wait });
  });
});

describe('a check run that our books do not know', () => {
  const running = (begunMs: number, heardMs: number, over: Partial<Job> = {}): Job => ({
    ...queuedJob(1, at(0), over),
    state: 'running',
    since: then(at(0), heardMs),
    knowledge: { ...queuedJob(1, at(0)).knowledge, started: { at: then(at(0), begunMs) } },
  });
  const ended = (job: Job, endMs: number): Job => ({
    ...job,
    knowledge: { ...job.knowledge, completed: { conclusion: 'cancelled', at: then(at(0), endMs) } },
  });

  it('may be open after a long wait of whose end we heard late', () => {
    expect(mayBeLeftOpen(running(graceMs, graceMs + 30_000))).toBe(true);
    expect(mayBeLeftOpen(running(graceMs, graceMs + 29_000))).toBe(false);
    expect(mayBeLeftOpen(running(graceMs - 1, hours(1)))).toBe(false);
    expect(mayBeLeftOpen(queuedJob(1, at(0)))).toBe(false);
    expect(mayBeLeftOpen(running(graceMs, hours(1), { service: { kind: 'foreign' } }))).toBe(false);
  });

  it('or when nobody has told how long it waited', () => {
    const job = running(graceMs, hours(1));
    const untold = { ...job, knowledge: { ...job.knowledge, before: {} } };
    expect(mayBeLeftOpen(untold)).toBe(true);
  });

  it('not after a long job whose start was told in time', () => {
    expect(mayBeLeftOpen(ended(running(graceMs, hours(1)), hours(1)))).toBe(false);
  });

  it('of a refused job, when that was first heard of after its end', () => {
    const refused = ended(
      queuedJob(1, at(0), { service: { kind: 'refused', reason: 'x' }, firstSeenAt: then(at(0), hours(2)) }),
      hours(1),
    );
    expect(mayBeLeftOpen(refused)).toBe(true);
    expect(mayBeLeftOpen({ ...refused, firstSeenAt: at(0), since: then(at(0), hours(2)) })).toBe(false);
  });

  it('is looked for once: as the wait ends', () => {
    const waits = queuedJob(1, at(0));
    const runs = running(graceMs, hours(1));
    expect(hasJustBegun(undefined, waits)).toBe(false);
    expect(hasJustBegun(undefined, runs)).toBe(true);
    expect(hasJustBegun(waits, runs)).toBe(true);
    expect(hasJustBegun(runs, ended(runs, hours(2)))).toBe(false);
  });
});

describe('the words', () => {
  const run = runId(100);
  const labels = 'bellows-2cpu-4gb,gpu' as LabelKey;
  const words = (jobs: readonly Job[]) =>
    waitWords(run, labels, { reason: 'no host has label gpu', advice: 'Ask.', since: at(0), jobs });

  it('name the reason and the jobs, which are no Markdown, and few of many', () => {
    const said = words([queuedJob(1, at(1), { name: 'b`uild' })]);
    expect(said).toMatchObject({
      name: 'Bellows: bellows-2cpu-4gb, gpu',
      ended: false,
      title: 'Waits for what cannot be: no host has label gpu',
    });
    expect(said.summary).toContain("- `b'uild`");
    expect(words(Array.from({ length: 25 }, (_, n) => queuedJob(n + 1))).summary).toContain('- and 5 more');
  });

  it('are these', () => {
    const labelled = (count: number) => words(Array.from({ length: count }, (_, n) => queuedJob(n + 1)));
    expect(words([queuedJob(1), queuedJob(2, at(2), { name: 'lint' })])).toEqual({
      externalId: 'bellows-wait 100 bellows-2cpu-4gb,gpu',
      name: 'Bellows: bellows-2cpu-4gb, gpu',
      ended: false,
      title: 'Waits for what cannot be: no host has label gpu',
      summary: '**No host has label gpu.** Ask.\n\nThis waits:\n- `build`\n- `lint`',
    });
    expect(labelled(20).summary).toMatch(/(\n- `build`){20}$/);
    expect(labelled(21).summary).toMatch(/(\n- `build`){20}\n- and 1 more$/);
    expect(endWords(run, labels, 'no host has label gpu')).toEqual({
      externalId: 'bellows-wait 100 bellows-2cpu-4gb,gpu',
      name: 'Bellows: bellows-2cpu-4gb, gpu',
      ended: true,
      title: 'The wait is over',
      summary: 'It waited because: no host has label gpu.',
    });
    expect(endWords(run, labels, '').summary).toBe('It waits no more.');
  });

  it('have a name that GitHub takes, however many labels there are', () => {
    const many = Array.from({ length: 30 }, (_, n) => `label-${n}`).join(',') as LabelKey;
    expect(endWords(run, many, 'x').name).toHaveLength(100);
  });

  it('are found again by the same id when it is over', () => {
    expect(endWords(run, labels, 'no host has label gpu')).toMatchObject({
      externalId: words([]).externalId,
      ended: true,
    });
  });
});
