import { type Caller, ownersSeen } from '../../domain/access/caller.ts';
import { figuresOf } from '../../domain/attribution/figures.ts';
import { ownerWords } from '../../domain/attribution/owners.ts';
import type { Subject } from '../../domain/attribution/sample.ts';
import { after, hours, toIso } from '../../domain/time.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import type { AnswerOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';
import { isFor } from './hosts.ts';
import { wordsFor } from './incidents.ts';

/** The workflows that ran lately: what is older counts next to nothing in what was seen lately. */
const workflowsMs = hours(3);

/**
 * Middles over the jobs of all accounts, as incidents tell them too; single hosts only to whom they are for, and of workflows those
 * of the caller's own accounts.
 */
export async function phaseFigures(
  { store, clock }: Pick<RequestDeps, 'store' | 'clock'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'phaseFigures'>>> {
  const now = clock.now();
  const { streams, hosts } = await store.transaction(async (tx) => ({
    streams: await tx.attribution.streams({ since: after(now, -workflowsMs), ...ownersSeen(caller) }),
    hosts: await tx.hosts.list(),
  }));
  const names = new Map(
    hosts.filter((host) => isFor(caller, host)).map(({ id, name }) => [`host:${id}`, name]),
  );
  const isShown = (subject: Subject): boolean =>
    names.has(subject) ||
    subject.startsWith('repository:') ||
    (caller.reach === 'all' && subject.startsWith('labels:'));
  return answered({
    now: toIso(now),
    figures: figuresOf(streams, now, isShown).map(({ subjects, ...figure }) => ({
      ...figure,
      words: wordsFor(figure.what),
      whose: ownerWords[figure.owner],
      subjects: subjects.map(({ subject, ...measured }) => ({
        ...measured,
        subject,
        name: names.get(subject) ?? subject.slice(subject.indexOf(':') + 1),
      })),
    })),
  });
}
