// The answer to the question, for now, in one line: the control plane's own.

import type { AnswerOf } from '../../src/wire/api/endpoints.ts';
import type { ApiPhaseFigure } from '../../src/wire/api/incidents.ts';
import { Ago } from '../parts/time.tsx';

interface VerdictProps {
  verdict: AnswerOf<'listIncidents'>['verdict'];
  figures: readonly ApiPhaseFigure[];
  /** When the last one ended. */
  lastEnd: string | undefined;
  now: number;
}

export function Verdict({ verdict, figures, lastEnd, now }: VerdictProps) {
  const { side, words } = verdict;
  if (side !== 'nobody') {
    const colon = words.indexOf(':') + 1;
    return (
      <p className={`verdict ${side === 'us' ? 'bad' : 'warn'}`} role="status">
        <b>{words.slice(0, colon)}</b>
        {words.slice(colon)}
      </p>
    );
  }
  const isKnown = figures.some(({ ratio }) => ratio !== undefined);
  const isLearnt = figures.some(({ usualMs }) => usualMs !== undefined);
  return (
    <p className="verdict" role="status">
      <b>{isLearnt ? 'No.' : 'Too early to tell.'}</b>{' '}
      {isKnown
        ? 'Nothing takes longer or fails more often than usual.'
        : isLearnt
          ? 'Nothing unusual was seen, and in the last hour there was little to see.'
          : 'What is usual is known after some 60 jobs.'}
      {lastEnd !== undefined && (
        <span className="verdict-since">
          {' '}
          The last incident ended <Ago time={lastEnd} now={now} />.
        </span>
      )}
    </p>
  );
}
