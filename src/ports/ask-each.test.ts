import { describe, expect, it } from 'vitest';
import { askEach } from './ask-each.ts';
import { GitHubError, type GitHubErrorKind } from './github.ts';

/** Answers n with [n, n], but fails where `fates` says so. */
function github(fates: Readonly<Record<number, GitHubErrorKind>>) {
  const asked: number[] = [];
  const ask = async (question: number): Promise<readonly number[]> => {
    asked.push(question);
    const kind = fates[question];
    if (kind !== undefined) throw new GitHubError(`${question} fails`, { kind });
    return [question, question];
  };
  return { asked, ask };
}
const questions = [1, 2, 3, 4, 5, 6];

describe('questions one after the other', () => {
  it('are all told of when all is well', async () => {
    const { ask } = github({});
    expect(await askEach([1, 2], ask)).toEqual({ told: [1, 1, 2, 2] });
  });

  it.each(['unavailable', 'not-found'] as const)('go on after one that is %s', async (kind) => {
    const { ask, asked } = github({ 2: kind, 3: kind, 5: kind });
    const { told, missed } = await askEach(questions, ask);
    expect(told).toEqual([1, 1, 4, 4, 6, 6]);
    expect(missed?.message).toBe('5 fails');
    expect(asked).toEqual(questions);
  });

  it('end when three in a row are not answered', async () => {
    const { ask, asked } = github({ 2: 'unavailable', 3: 'unavailable', 4: 'unavailable' });
    expect((await askEach(questions, ask)).told).toEqual([1, 1]);
    expect(asked).toEqual([1, 2, 3, 4]);
  });

  it.each(['rate-limited', 'forbidden', 'unauthorised', 'invalid'] as const)(
    'end at once where GitHub says %s, with what it told before',
    async (kind) => {
      const { ask, asked } = github({ 3: kind });
      const { told, missed } = await askEach(questions, ask);
      expect(told).toEqual([1, 1, 2, 2]);
      expect(missed?.kind).toBe(kind);
      expect(asked).toEqual([1, 2, 3]);
    },
  );

  it('do not hide what is no failure of GitHub', async () => {
    await expect(askEach([1], () => Promise.reject(new TypeError('a bug')))).rejects.toThrow(TypeError);
  });
});
