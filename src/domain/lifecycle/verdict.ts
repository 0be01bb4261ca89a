// The reaper's verdict: may a VM be destroyed? Three witnesses speak: GitHub by its answer to the runner's deletion, the
// guest by its word about the worker process, and the binding by GitHub's job events. Each alone is sometimes wrong
// (docs/architecture.md): a runner that GitHub calls idle may be busy, 404 may mean "job taken" as well as "evicted", and the guest
// is not trusted with anything but its own end.

import { unreachable } from '../bug.ts';
import type { DeletionAnswer, DestroyRule, Vm } from './vm.ts';

export const githubWords = ['none', 'deleted', 'absent', 'busy'] as const;
export type GitHubWord = 'none' | DeletionAnswer;

/**
 * `worker`: a worker process lives. `idle-before` and `idle-after`: no worker, but a runner, asked before or after GitHub's
 * answer. `ended`: the runner has ended, or none runs, said after GitHub's answer.
 */
export const guestWords = ['none', 'worker', 'idle-before', 'idle-after', 'ended'] as const;
export type GuestWord = (typeof guestWords)[number];

/** `hint`: the guest said that a job began. `bound` and `completed`: by GitHub's word. */
export const bindings = ['none', 'hint', 'bound', 'completed'] as const;
export type Binding = (typeof bindings)[number];

export type Verdict =
  | { do: 'destroy'; rule: DestroyRule }
  | { do: 'delete-runner' }
  | { do: 'ask-guest' }
  /** Nothing can be decided now; look again later. */
  | { do: 'wait'; why: string }
  /** It has a job or may get one: stop trying. */
  | { do: 'keep'; why: string };

export function verdict(github: GitHubWord, guest: GuestWord, binding: Binding): Verdict {
  if (guest === 'ended') return { do: 'destroy', rule: 'runner-ended' };
  if (binding === 'completed') return { do: 'destroy', rule: 'job-completed' };
  if (binding === 'bound') return { do: 'keep', why: 'it has a job (I3)' };
  switch (github) {
    case 'busy':
      return { do: 'keep', why: 'GitHub says that its runner has a job' };
    case 'none':
      return beforeAnyAnswer(guest, binding);
    case 'deleted':
      return afterDeletion(guest);
    case 'absent':
      return afterAbsence(guest);
    default:
      return unreachable(github);
  }
}

function beforeAnyAnswer(guest: Exclude<GuestWord, 'ended'>, binding: 'none' | 'hint'): Verdict {
  if (guest === 'worker') return { do: 'keep', why: 'the guest says that a worker lives' };
  if (binding === 'hint') return { do: 'keep', why: 'the guest says that a job began' };
  return { do: 'delete-runner' };
}

function afterDeletion(guest: Exclude<GuestWord, 'ended'>): Verdict {
  switch (guest) {
    case 'none':
    case 'idle-before':
      return { do: 'ask-guest' };
    case 'worker':
      return { do: 'wait', why: 'GitHub deleted the runner, yet a worker lives: its job ends first' };
    case 'idle-after':
      return { do: 'destroy', rule: 'deletion-consented' };
    default:
      return unreachable(guest);
  }
}

/** 404 is not consent. */
function afterAbsence(guest: Exclude<GuestWord, 'ended'>): Verdict {
  switch (guest) {
    case 'none':
    case 'idle-before':
      return { do: 'ask-guest' };
    case 'worker':
      return { do: 'wait', why: 'the runner is no longer listed and a worker lives: its job ends first' };
    case 'idle-after':
      return { do: 'wait', why: 'the runner lives: it was evicted and will end, or it is about to work' };
    default:
      return unreachable(guest);
  }
}

/** The verdict over a VM as its row stands. */
export const verdictOn = (vm: Vm): Verdict => verdict(githubWordOn(vm), guestWordOn(vm), bindingOf(vm));

const githubWordOn = (vm: Vm): GitHubWord => vm.release?.deletion?.answer ?? 'none';

function guestWordOn({ runnerEnded, release }: Vm): GuestWord {
  if (runnerEnded !== undefined) return 'ended';
  const worker = release?.worker;
  if (worker === undefined) return 'none';
  if (worker.alive) return 'worker';
  // The question went out once GitHub's answer was stored, with that answer's time: equal is after.
  const isAfter = release?.deletion !== undefined && worker.at >= release.deletion.at;
  if (!isAfter) return 'idle-before';
  return worker.runnerAlive ? 'idle-after' : 'ended';
}

function bindingOf(vm: Vm): Binding {
  if (vm.job !== undefined) return vm.jobCompletedAt === undefined ? 'bound' : 'completed';
  return vm.jobHint === undefined ? 'none' : 'hint';
}
