import { describe, expect, it } from 'vitest';
import { aJob, at, aVm } from '../domain.fixture.ts';
import type { HistoryLine } from '../lifecycle/effects.ts';
import type { Conclusion } from '../lifecycle/job.ts';
import { after as later, seconds } from '../time.ts';
import { awaitsItsLog, endWordsOf, knownFailure, logRead } from './known-failure.ts';

const ended = (conclusion: Conclusion) => {
  const job = aJob();
  return { ...job, knowledge: { ...job.knowledge, completed: { conclusion, at: at(9) } } };
};
const line = (event: string, data: HistoryLine['data']): HistoryLine => ({
  at: at(9),
  subject: { kind: 'job', id: aJob().id },
  event,
  data,
});
const failure = (data?: HistoryLine['data'], vmWords: readonly string[] = []) =>
  knownFailure({
    job: ended('failure'),
    jobLines: data === undefined ? [] : [line(logRead, data)],
    vm: aVm(),
    vmLines: vmWords.map((reason) => line('guest-says', { reason })),
  });

it('is what its log told, with advice, and no line of the log', () => {
  const missing = { kind: 'command', name: 'unzip', package: 'unzip' };
  expect(failure({ class: 'missing-piece', missing })).toEqual({
    class: 'missing-piece',
    owner: 'workflow',
    missing,
    advice: 'Add unzip to the image: it brings the command unzip.',
  });
  expect(failure({ class: 'dns' })).toMatchObject({ class: 'dns', owner: 'network' });
});

it('is what hosts and guests said, whatever the log says', () => {
  expect(failure({ class: 'dns' }, ['Out of memory: Killed process 1'])?.class).toBe('out-of-memory');
});

it('is its own when nothing else is known, or what is kept is not understood', () => {
  for (const data of [
    undefined,
    { class: 'workflow' },
    { class: 'new' },
    { class: 'missing-piece', missing: 7 },
  ])
    expect(failure(data)).toMatchObject({ class: 'workflow' });
});

it('is nothing of a job that did not fail', () => {
  expect(knownFailure({ job: ended('success'), jobLines: [], vmLines: [] })).toBeUndefined();
  expect(knownFailure({ job: aJob(), jobLines: [], vmLines: [] })).toBeUndefined();
});

it('is told of a job that took too long as of one that failed', () => {
  expect(knownFailure({ job: ended('timed_out'), jobLines: [], vmLines: [] })?.class).toBe('workflow');
});

it('is what the log told last, whatever other lines of its history say', () => {
  const lines = [line('heard', { class: 'disk-full' }), line(logRead, { class: 'dns' })];
  const of = (jobLines: readonly HistoryLine[]) =>
    knownFailure({ job: ended('failure'), jobLines, vmLines: [] })?.class;
  expect(of(lines)).toBe('dns');
  expect(of(lines.toReversed())).toBe('dns');
  expect(of([...lines, line(logRead, { class: 'rate-limited' })])).toBe('rate-limited');
});

describe('what the image lacks', () => {
  const told = (missing: unknown) => failure({ class: 'missing-piece', missing });

  it('is a command or a library, with the package that brings it where that is known', () => {
    for (const missing of [
      { kind: 'library', name: 'libpq.so.5', package: 'libpq5' },
      { kind: 'command', name: 'our-own-tool' },
    ])
      expect(told(missing)).toMatchObject({ class: 'missing-piece', missing });
    expect(told({ kind: 'command', name: 'our-own-tool' })?.missing).not.toHaveProperty('package');
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'unzip'],
    ['of no kind', { name: 'unzip' }],
    ['of another kind', { kind: 'font', name: 'unzip' }],
    ['without a name', { kind: 'command' }],
    ['of a number for a name', { kind: 'library', name: 5 }],
  ])('is not known when what is kept of it is %s', (_, missing) => {
    expect(told(missing)).toStrictEqual({ class: 'workflow', owner: 'workflow', advice: 'Read its log.' });
  });

  it('has no package when what is kept of that is no text', () => {
    expect(told({ kind: 'command', name: 'unzip', package: 7 })?.missing).toStrictEqual({
      kind: 'command',
      name: 'unzip',
    });
  });
});

it('is told by the row of its VM first, then by what host and guest said, in their order', () => {
  const lines = [
    line('guest-says', { reason: 'first', finding: 'second' }),
    line('placed', {}),
    line('host-says', { finding: 'third', reason: 7 }),
  ];
  expect(endWordsOf(undefined, lines)).toEqual(['first', 'second', 'third']);
  expect(endWordsOf(aVm(), lines)).toEqual(['first', 'second', 'third']);
  const failed = aVm({ failure: { reason: 'the row', owner: 'host' } });
  expect(endWordsOf(failed, lines)).toEqual(['the row', 'first', 'second', 'third']);
});

describe('a log is waited for', () => {
  const job = ended('failure');
  const over = { ...job, knowledge: { ...job.knowledge, started: { at: at(1) } } };
  const known = { job: over, jobLines: [], vmLines: [] };
  const end = over.knowledge.completed.at;
  const without = (what: 'started' | 'completed') => {
    const { [what]: _, ...knowledge } = over.knowledge;
    return { ...known, job: { ...over, knowledge } };
  };

  it('for thirty seconds after the end', () => {
    expect(awaitsItsLog(known, end)).toBe(true);
    expect(awaitsItsLog(known, later(end, seconds(30) - 1))).toBe(true);
    expect(awaitsItsLog(known, later(end, seconds(30)))).toBe(false);
  });

  it('never of a job that is not over, or that did not start', () => {
    expect(awaitsItsLog(without('completed'), end)).toBe(false);
    expect(awaitsItsLog(without('started'), end)).toBe(false);
  });

  it('never where host and guest told already, nor when it was read', () => {
    const lost = { ...known, vmLines: [line('host-failed', { reason: 'the VMM died' })] };
    expect(awaitsItsLog(lost, end)).toBe(false);
    expect(awaitsItsLog({ ...known, jobLines: [line(logRead, { class: 'workflow' })] }, end)).toBe(false);
  });
});
