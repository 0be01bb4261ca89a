// What Bellows decides and learns about a VM, in words. Steps of an ordinary start are left out.

import type { Names } from './names.ts';
import type { Data, Told } from './told.ts';

export function tellVm(names: Names, id: string, what: string, data: Data): Told | undefined {
  const told = words[what]?.(data, names);
  return told === undefined ? undefined : { who: 'Bellows', subject: names.vm(id), ...told };
}

type Words = Pick<Told, 'text' | 'about'>;

const words: Readonly<Record<string, (data: Data, names: Names) => Words | undefined>> = {
  requested: ({ cause }, names) => ({
    text: 'asked for',
    about: { words: 'on account of %', subject: names.job(cause) },
  }),
  placed: ({ host }) => ({ text: `placed on ${host}` }),
  returned: ({ reason }) => ({ text: `given back by its host: ${reason}` }),
  'registration-refused': ({ reason }) => ({ text: `GitHub refuses to register its runner: ${reason}` }),
  'runner-listening': () => ({ text: 'listens' }),
  'guest-job-started': ({ to }) =>
    to === 'busy' ? undefined : { text: 'its guest says that a job began; GitHub has not said so' },
  'job-bound': ({ job }, names) => ({ text: 'busy', about: { words: 'with %', subject: names.job(job) } }),
  'runner-ended': ({ reason }) => (reason === undefined ? undefined : { text: String(reason) }),
  release: ({ to, why, rule, reason, verdict, kept }) => ({
    text:
      to === 'gone' || rule !== undefined
        ? `${why ?? reason}: taken back`
        : `${why}: ${stepOf(verdict, kept)}`,
  }),
  'deletion-answered': ({ answer, ...rest }) => ({
    text: `GitHub says to the deletion of its runner: ${answers[String(answer)] ?? answer}${thenOf(rest)}`,
  }),
  'worker-answered': ({ alive, runnerAlive, ...rest }) => ({
    text: `its guest says: ${guestSays(alive, runnerAlive)}${thenOf(rest)}`,
  }),
  deadline: (data) => pastItsTime(data),
  'hard-deadline-near': () => ({ text: 'near its hard deadline' }),
  'host-failed': ({ reason }) => ({ text: `failed: ${reason}` }),
  'host-silent': () => ({ text: 'unknown, since its host is silent' }),
  'host-back': ({ to }) => ({ text: `its host is back: ${to} again` }),
  disowned: ({ why }) => ({ text: `given up: ${why}` }),
  'host-removed': () => ({ text: 'gone with its host' }),
  force: ({ operator }) => ({ text: `destroyed by force of ${operator}` }),
  'proved-gone': () => ({ text: 'gone' }),
  conflict: ({ said, job, holds }) => ({ text: `conflict: ${said} ${job}, and it holds ${holds ?? 'none'}` }),
  unexpected: ({ said, why }) => ({ text: `unexpected: ${said}: ${why}` }),
  repaired: ({ repair, cause }) => ({ text: `mended: ${repair} (${cause})` }),
};

const answers: Readonly<Record<string, string>> = {
  deleted: 'done (204)',
  absent: 'there is none (404)',
  busy: 'it is busy (422)',
};

function guestSays(alive: unknown, runnerAlive: unknown): string {
  if (alive === true) return 'a worker lives';
  return runnerAlive === true ? 'no worker, and the runner waits' : 'no runner';
}

function stepOf(verdict: unknown, kept: unknown): string {
  switch (verdict) {
    case 'keep':
      return `it stays, since ${kept}`;
    case 'delete-runner':
      return 'GitHub is asked to delete its runner';
    case 'ask-guest':
      return 'its guest is asked';
    case 'wait':
      return 'nothing is decided';
    default:
      return 'to be destroyed';
  }
}

const thenOf = ({ verdict, kept, rule, reason }: Data): string => {
  if (rule !== undefined) return `; to be destroyed (${rule}: ${reason})`;
  return verdict === undefined ? '' : `; ${stepOf(verdict, kept)}`;
};

function pastItsTime({ why, verdict, kept, rule, reason, to, late }: Data): Words {
  if (rule !== undefined) return { text: `${reason}: to be destroyed (${rule})` };
  if (why !== undefined) return { text: `${why}: ${stepOf(verdict, kept)}` };
  if (late === true) return { text: 'not gone yet: the order is sent again' };
  return { text: `${to} for long: looked at again` };
}
