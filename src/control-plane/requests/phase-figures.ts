import type { Caller } from '../../domain/access/caller.ts';
import { figuresOf } from '../../domain/attribution/figures.ts';
import { ownerWords } from '../../domain/attribution/owners.ts';
import type { Subject } from '../../domain/attribution/sample.ts';
import { toIso } from '../../domain/time.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import type { AnswerOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';
import { isFor } from './hosts.ts';
import { wordsFor } from './incidents.ts';

/** Middles over the jobs of all accounts, as incidents tell them too; single hosts only to whom they are for. */
export async function phaseFigures(
  { store, clock }: Pick<RequestDeps, 'store' | 'clock'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'phaseFigures'>>> {
  const now = clock.now();
  const { streams, hosts } = await store.transaction(async (tx) => ({
    streams: await tx.attribution.streams({ butOfRepositories: true }),
    hosts: await tx.hosts.list(),
  }));
  const names = new Map(
    hosts.filter((host) => isFor(caller, host)).map(({ id, name }) => [`host:${id}`, name]),
  );
  const isShown = (subject: Subject): boolean =>
    names.has(subject) || (caller.reach === 'all' && subject.startsWith('labels:'));
  return answered({
    now: toIso(now),
    figures: figuresOf(streams, now, isShown).map(({ subjects, ...figure }) => ({
      ...figure,
      words: wordsFor(figure.what),
      whose: ownerWords[figure.owner],
      subjects: subjects.map(({ subject, ...measured }) => ({
        ...measured,
        subject,
        name: names.get(subject) ?? subject.slice('labels:'.length),
      })),
    })),
  });
}
