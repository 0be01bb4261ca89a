// The answer to the question, for now, in one line.

import type { ApiIncident, ApiPhaseFigure } from '../../src/wire/api/incidents.ts';
import { type Side, sentenceFor, sides } from '../parts/incident-words.ts';
import { Ago } from '../parts/time.tsx';

interface VerdictProps {
  /** Ours first. */
  open: readonly ApiIncident[];
  figures: readonly ApiPhaseFigure[];
  nameOf: (subject: string) => string;
  /** When the last one ended. */
  lastEnd: string | undefined;
  now: number;
}

const answers: Readonly<Record<Side, string>> = { us: 'Yes.', network: 'It may be.', them: 'No.' };

export function Verdict({ open, figures, nameOf, lastEnd, now }: VerdictProps) {
  if (open.length > 0) {
    const worst = open[0] && sides[open[0].owner];
    return (
      <p className={`verdict ${worst === 'them' ? 'warn' : 'bad'}`} role="status">
        <b>{answers[worst ?? 'them']}</b>{' '}
        {[...new Set(open.map((incident) => sentenceFor(incident, nameOf(incident.subject))))].join('. ')}.
      </p>
    );
  }
  const isKnown = figures.some(({ ratio }) => ratio !== undefined);
  const isLearnt = figures.some(({ usualMs }) => usualMs !== undefined);
  return (
    <p className="verdict" role="status">
      <b>{isLearnt ? 'No.' : 'Too early to tell.'}</b>{' '}
      {isKnown
        ? 'Everything takes as long as usual.'
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
