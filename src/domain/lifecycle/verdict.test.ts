import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, t0, toBusy, toIdle, vmAfter } from '../domain.fixture.ts';
import type { Binding, GitHubWord, GuestWord, Verdict } from './verdict.ts';
import { bindings, githubWords, guestWords, verdict, verdictOn } from './verdict.ts';
import type { DestroyRule, Vm } from './vm.ts';

const destroy = (rule: DestroyRule): Verdict => ({ do: 'destroy', rule });
const github: fc.Arbitrary<GitHubWord> = fc.constantFrom(...githubWords);
const guest: fc.Arbitrary<GuestWord> = fc.constantFrom(...guestWords);
const binding: fc.Arbitrary<Binding> = fc.constantFrom(...bindings);

describe('the verdict', () => {
  it.each<[GitHubWord, GuestWord, Binding, { do: Verdict['do']; why?: string; rule?: DestroyRule }]>([
    ['none', 'none', 'none', { do: 'delete-runner' }],
    ['none', 'none', 'hint', { do: 'keep', why: 'the guest says that a job began' }],
    ['none', 'worker', 'none', { do: 'keep', why: 'the guest says that a worker lives' }],
    ['none', 'idle-before', 'none', { do: 'delete-runner' }],
    ['none', 'idle-after', 'none', { do: 'delete-runner' }],
    ['deleted', 'none', 'none', { do: 'ask-guest' }],
    ['deleted', 'idle-before', 'none', { do: 'ask-guest' }],
    [
      'deleted',
      'worker',
      'none',
      { do: 'wait', why: 'GitHub deleted the runner, yet a worker lives: its job ends first' },
    ],
    ['deleted', 'idle-after', 'none', destroy('deletion-consented')],
    ['deleted', 'idle-after', 'hint', destroy('deletion-consented')],
    ['absent', 'none', 'none', { do: 'ask-guest' }],
    ['absent', 'idle-before', 'none', { do: 'ask-guest' }],
    [
      'absent',
      'worker',
      'none',
      { do: 'wait', why: 'the runner is no longer listed and a worker lives: its job ends first' },
    ],
    [
      'absent',
      'idle-after',
      'none',
      { do: 'wait', why: 'the runner lives: it was evicted and will end, or it is about to work' },
    ],
    ['busy', 'none', 'none', { do: 'keep', why: 'GitHub says that its runner has a job' }],
    ['busy', 'idle-after', 'hint', { do: 'keep' }],
    ['deleted', 'idle-after', 'bound', { do: 'keep', why: 'it has a job (I3)' }],
    ['none', 'none', 'completed', destroy('job-completed')],
    ['busy', 'worker', 'completed', destroy('job-completed')],
    ['none', 'ended', 'none', destroy('runner-ended')],
    ['busy', 'ended', 'bound', destroy('runner-ended')],
  ])('GitHub %s, guest %s, binding %s', (fromGitHub, fromGuest, bound, expected) => {
    expect(verdict(fromGitHub, fromGuest, bound)).toMatchObject(expected);
  });

  test.prop([github, guest])('never destroys a VM with a job whose runner has not ended (I3)', (a, b) => {
    fc.pre(b !== 'ended');
    expect(verdict(a, b, 'bound').do).toBe('keep');
  });

  test.prop([github, guest, binding])(
    "destroys without a job only with 204 or the runner's end: 404 is not consent",
    (a, b, c) => {
      const found = verdict(a, b, c);
      if (found.do !== 'destroy' || c === 'completed') return;
      expect(b === 'ended' || (a === 'deleted' && b === 'idle-after')).toBe(true);
    },
  );
});

describe('the verdict over a VM', () => {
  const idle = vmAfter(toIdle);
  const over = (release: Vm['release'], more: Partial<Vm> = {}): Verdict =>
    verdictOn({ ...idle, ...more, ...(release && { release }) });
  const begun = { why: 'surplus', startedAt: t0 };
  const deleted = { ...begun, deletion: { answer: 'deleted' as const, at: at(10) } };
  const word = (alive: boolean, runnerAlive: boolean, second: number) => ({
    alive,
    runnerAlive,
    at: at(second),
  });

  it('reads the witnesses from its row', () => {
    expect(over(begun)).toEqual({ do: 'delete-runner' });
    expect(over(undefined)).toEqual({ do: 'delete-runner' });
    expect(over(deleted)).toEqual({ do: 'ask-guest' });
    expect(over({ ...deleted, worker: word(false, true, 9) })).toEqual({ do: 'ask-guest' });
    expect(over({ ...deleted, worker: word(false, false, 9) })).toEqual({ do: 'ask-guest' });
    expect(over({ ...deleted, worker: word(true, true, 9) }).do).toBe('wait');
  });

  it("counts an answer to a question that carries the time of GitHub's answer as younger", () => {
    expect(over({ ...deleted, worker: word(false, true, 10) })).toEqual(destroy('deletion-consented'));
    expect(over({ ...deleted, worker: word(false, false, 11) })).toEqual(destroy('runner-ended'));
    expect(over({ ...begun, worker: word(false, false, 11) })).toEqual({ do: 'delete-runner' });
  });

  it('knows a hint from a binding', () => {
    expect(over(begun, { jobHint: 'build' }).do).toBe('keep');
    expect(verdictOn(vmAfter(toBusy))).toMatchObject({ why: 'it has a job (I3)' });
    expect(verdictOn({ ...vmAfter(toBusy), jobCompletedAt: at(9) })).toEqual(destroy('job-completed'));
    expect(over(begun, { runnerEnded: { ranJob: false, code: 0, at: at(5) } })).toEqual(
      destroy('runner-ended'),
    );
  });
});
