import { describe, expect, it } from 'vitest';
import { at, aVm, queuedJob } from '../domain.fixture.ts';
import { repositoryId } from '../ids.ts';
import { hours, type Instant, minutes, after as then } from '../time.ts';
import {
  type GroupState,
  longWaitMs,
  notShutOut,
  questionsDue,
  remembered,
  shutOut,
  whyShut,
  wordsForShutOut,
} from './shut-out.ts';

const idle = aVm({ state: 'idle', since: at(0) });
const waits = queuedJob(1, at(0));
const later = then(at(0), longWaitMs);
const key = 'org:acme#1 acme/app';
const keysDue = (...asked: Parameters<typeof questionsDue>) => questionsDue(...asked).map((one) => one.key);
const looked = (at: Instant, shut?: string): GroupState => ({
  looks: { [key]: { at, ...(shut !== undefined && { shut }) } },
});

describe('GitHub is asked for the group of a repository', () => {
  it('when one of its jobs has waited for long beside an idle runner of its labels', () => {
    expect(keysDue([waits, queuedJob(2, at(1))], [idle], undefined, later)).toEqual([key]);
    expect(keysDue([waits], [idle], undefined, then(at(0), longWaitMs - 1))).toEqual([]);
    expect(keysDue([waits], [{ ...idle, since: at(60) }], undefined, later)).toEqual([]);
    expect(keysDue([waits], [{ ...idle, state: 'busy' }], undefined, later)).toEqual([]);
    expect(keysDue([{ ...waits, labels: ['other'] as never }], [idle], undefined, later)).toEqual([]);
  });

  it('never where runners belong to the repository alone', () => {
    const scope = {
      kind: 'repository',
      installationId: waits.scope.installationId,
      owner: 'a',
      name: 'b',
    } as const;
    expect(keysDue([{ ...waits, scope }], [{ ...idle, scope }], undefined, later)).toEqual([]);
    expect(
      shutOut({ looks: { 'repo:a/b acme/app': { at: later, shut: 'no' } } }, { ...waits, scope }),
    ).toBeUndefined();
  });

  it('again after ten minutes, and after two while it is shut out, also without an idle runner', () => {
    expect(keysDue([waits], [idle], looked(later), then(later, minutes(9)))).toEqual([]);
    expect(keysDue([waits], [idle], looked(later), then(later, minutes(10)))).toEqual([key]);
    expect(keysDue([waits], [], looked(later, 'no'), then(later, minutes(1)))).toEqual([]);
    expect(keysDue([waits], [], looked(later, 'no'), then(later, minutes(2)))).toEqual([key]);
    expect(keysDue([], [idle], looked(later, 'no'), then(later, minutes(2)))).toEqual([]);
  });

  it('for few at a time, the longest wait first', () => {
    const many = Array.from({ length: 30 }, (_, n) =>
      queuedJob(n + 1, at(30 - n), {
        repository: { ...waits.repository, id: repositoryId(n), fullName: `acme/${n}` },
      }),
    );
    const due = keysDue(many, [idle], undefined, then(later, minutes(1)));
    expect(due[0]).toBe('org:acme#1 acme/29');
    expect(due).toHaveLength(10);
  });
});

describe('what GitHub says', () => {
  const group = { id: 1, name: 'Default', allowsPublicRepositories: false };
  const [question] = questionsDue([waits], [idle], undefined, later);
  if (question === undefined) throw new Error('nothing is asked');
  const open = { ...question, repository: { ...question.repository, private: false } };

  it('is that its runners are for the repository, or why they are not', () => {
    expect(whyShut(question, [group], [group])).toBeUndefined();
    expect(whyShut(question, [], [group])).toBe('the runner group Default excludes this repository');
    expect(whyShut(question, [], [])).toBe('Acme has no runner group 1');
    expect(whyShut(open, [group], [group])).toBe(
      'the runner group Default takes no jobs of public repositories',
    );
    expect(whyShut(open, [{ ...group, allowsPublicRepositories: true }], [])).toBeUndefined();
  });

  it('is told to all jobs of the repository in that group, and forgotten after an hour', () => {
    const state = remembered(undefined, { [key]: { at: later, shut: 'no' } }, later);
    const elsewhere = { ...waits, scope: { ...waits.scope, groupId: 3 } as never };
    expect(wordsForShutOut([waits, elsewhere], state)).toEqual([{ job: waits, reason: 'no' }]);
    expect(notShutOut([waits, elsewhere], state)).toEqual([elsewhere]);
    expect(remembered(state, {}, then(later, hours(1)))).toEqual({ looks: {} });
    expect(remembered(state, {}, then(later, minutes(59)))).toEqual(state);
  });
});
