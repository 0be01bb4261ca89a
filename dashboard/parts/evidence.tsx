// By what an incident is told: what was seen beside the usual, of how many jobs and accounts, and jobs to look at.

import { Link } from 'wouter';
import type { ApiIncident } from '../../src/wire/api/incidents.ts';
import { countText } from './figures.tsx';
import { figureText, timesText } from './incident-words.ts';
import { type ShortColumn, ShortTable } from './short-table.tsx';
import { ClockTime, durationText } from './time.tsx';

type One = ApiIncident['evidence'][number];

export function Evidence({ evidence }: Pick<ApiIncident, 'evidence'>) {
  return (
    <ShortTable
      caption="What was seen, beside the usual"
      columns={seenColumns}
      rows={evidence}
      rowKey={({ what }) => what}
    />
  );
}

const seenColumns: readonly ShortColumn<One>[] = [
  { title: 'What', isHead: true, cell: (one) => <What of={one} /> },
  {
    title: 'Usual',
    width: 'col-figure',
    isNumber: true,
    cell: ({ usualMs, usualRate }) => figureText(usualMs, usualRate),
  },
  {
    title: 'Seen',
    width: 'col-figure',
    isNumber: true,
    cell: ({ seenMs, seenRate }) => figureText(seenMs, seenRate),
  },
  { title: 'Times', width: 'col-times', isNumber: true, cell: ({ ratio }) => <b>{timesText(ratio)}</b> },
  { title: 'Jobs', width: 'col-jobs', isNumber: true, wideOnly: true, cell: (one) => jobsText(one) },
];

function What({ of: { what, words, reasons } }: { of: One }) {
  if (what !== 'failures') return `Time ${words}`;
  return (
    <>
      Share that fails
      {reasons !== undefined && (
        <div className="muted small">
          by {reasons.map(({ words: by, jobs }) => `${by} (${countText(jobs)})`).join(', ')}
        </div>
      )}
    </>
  );
}

const jobsText = ({ jobs, accounts }: One): string =>
  `${countText(jobs)} of ${accounts.length === 1 ? accounts[0]?.account : `${accounts.length} organisations`}`;

/** The newest jobs in which it was seen. */
export function Examples({ evidence, most }: Pick<ApiIncident, 'evidence'> & { most: number }) {
  const examples = evidence
    .flatMap((one) => one.examples.map((example) => ({ ...example, what: one.what })))
    .sort((a, b) => b.at.localeCompare(a.at))
    .slice(0, most);
  if (examples.length === 0) return null;
  return (
    <ShortTable
      caption="Jobs in which it was seen, newest first"
      columns={exampleColumns}
      rows={examples}
      rowKey={({ what, job, at }) => `${what} ${job} ${at}`}
    />
  );
}

type Example = One['examples'][number] & Pick<One, 'what'>;

const exampleColumns: readonly ShortColumn<Example>[] = [
  { title: 'Seen in job', cell: ({ job }) => <Link href={`/jobs/${job}`}>{job}</Link> },
  { title: 'Of', wideOnly: true, cell: ({ account }) => account },
  { title: 'At', width: 'col-figure', isNumber: true, cell: ({ at }) => <ClockTime time={at} /> },
  {
    title: 'Took',
    width: 'col-figure',
    isNumber: true,
    cell: ({ ms }) => (ms === undefined ? 'failed' : durationText(ms)),
  },
];
