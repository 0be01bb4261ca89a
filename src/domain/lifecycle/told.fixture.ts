// What GitHub may tell of one job: a true history, and the deliveries and reads that come of it, lost, doubled and shuffled.

import fc from 'fast-check';
import { at, delivery, read, someRunner } from '../domain.fixture.ts';
import { after, type Instant } from '../time.ts';
import type { JobFact, JobState, JobStatus } from './job.ts';

/** The statuses that a job really had, each with GitHub's stamp in whole seconds: those before the start may be equal. */
export const trueHistory: fc.Arbitrary<readonly JobFact[]> = fc
  .record({
    before: fc.array(fc.constantFrom<JobStatus[]>('queued', 'waiting', 'pending', 'requested'), {
      minLength: 1,
      maxLength: 4,
    }),
    stamps: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
    end: fc.constantFrom('open', 'started', 'completed', 'cancelled'),
    conclusion: fc.constantFrom('success' as const, 'failure' as const, 'cancelled' as const),
  })
  .map(({ before, stamps, end, conclusion }) => {
    let second = 0;
    const early = before.map((status, index) => {
      second += stamps[index] ?? 0;
      return delivery(status, at(second));
    });
    const ran = { runner: someRunner, startedAt: at(20) };
    const started = delivery('in_progress', at(20), ran);
    const over = { conclusion, completedAt: at(30) };
    if (end === 'started') return [...early, started];
    if (end === 'completed') return [...early, started, delivery('completed', at(30), { ...ran, ...over })];
    if (end === 'cancelled') return [...early, delivery('completed', at(30), over)];
    return early;
  });

/** Some of the history's deliveries, lost, doubled and in any order, each with its own time of arrival. */
export const arrivals = (history: readonly JobFact[]): fc.Arbitrary<readonly JobFact[]> =>
  fc
    .array(
      fc.record({ which: fc.nat(history.length - 1), kind: fc.constantFrom('delivery', 'delivery', 'read') }),
      {
        minLength: 1,
        maxLength: 10,
      },
    )
    .map((picks) =>
      picks.map(({ which, kind }, index) => {
        const fact = history[which] ?? history[0];
        const heardAt = at(100 + index);
        if (fact === undefined) throw new Error('a history has at least one fact');
        return kind === 'read' ? { ...read(fact.status, heardAt), ...runOf(fact) } : { ...fact, heardAt };
      }),
    );

const runOf = ({ runner, startedAt, completedAt, conclusion }: JobFact): Partial<JobFact> => ({
  ...(runner && { runner }),
  ...(startedAt && { startedAt }),
  ...(completedAt && { completedAt }),
  ...(conclusion && { conclusion }),
});

/** A look at the job after everything, as a repair loop takes it. */
export function finalRead(history: readonly JobFact[], when: Instant = at(10_000)): JobFact {
  const last = history.at(-1);
  if (last === undefined) throw new Error('a history has at least one fact');
  return { ...read(last.status, after(when, 0)), ...runOf(last) };
}

/** What the job really is at the end of its history. */
export function truth(history: readonly JobFact[]): JobState {
  switch (history.at(-1)?.status) {
    case 'completed':
      return 'done';
    case 'in_progress':
      return 'running';
    case 'queued':
      return 'queued';
    default:
      return 'waiting';
  }
}
