import { expect, it } from 'vitest';
import { aJob, at, aVm } from '../domain.fixture.ts';
import type { HistoryLine } from '../lifecycle/effects.ts';
import type { Conclusion } from '../lifecycle/job.ts';
import { knownFailure, logRead } from './known-failure.ts';

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
