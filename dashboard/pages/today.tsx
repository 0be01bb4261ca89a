// Today so far, against yesterday and a week ago at this time.

import { Link } from 'wouter';
import type { AnswerOf } from '../../src/wire/api/endpoints.ts';
import type { ApiTally } from '../../src/wire/api/insights.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Empty } from '../parts/empty.tsx';
import { countText, Figure, minutesText } from '../parts/figures.tsx';
import { Page } from '../parts/page.tsx';
import { Plot } from '../parts/plot.tsx';

type Today = AnswerOf<'today'>;

export function TodayPage() {
  const today = useAnswer('today', {}, { everyMs: 10_000 });
  return (
    <Page title="Today" aside={<span className="muted small">Days are those of UTC</span>}>
      <Answered query={today}>
        {(answer) => (
          <>
            <Open open={answer.open} />
            <Figures answer={answer} />
            {hasBuilds(answer) ? (
              <>
                <Course hours={answer.hours} now={answer.now} />
                <Owners owners={answer.owners} />
              </>
            ) : (
              <NothingYet />
            )}
          </>
        )}
      </Answered>
    </Page>
  );
}

const hasBuilds = ({ today, yesterday, lastWeek }: Today): boolean =>
  today.builds + yesterday.builds + lastWeek.builds > 0;

function Open({ open }: Pick<Today, 'open'>) {
  return (
    <ul className="counts" aria-label="Open now">
      <li>
        <Link href="/queue?state=running">
          <b>{open.running}</b> running
        </Link>
      </li>
      <li>
        <Link href="/queue?state=queued">
          <b>{open.queued}</b> queued
        </Link>
      </li>
      <li>
        <Link href="/queue?state=waiting">
          <b>{open.waiting}</b> waiting at GitHub
        </Link>
      </li>
    </ul>
  );
}

const shown: readonly (readonly [string, (tally: ApiTally) => number, (value: number) => string])[] = [
  ['Builds', ({ builds }) => builds, countText],
  ['Minutes', ({ minutes }) => minutes, minutesText],
  ['Passed', ({ success }) => success, countText],
  ['Failed', ({ failure }) => failure, countText],
  ['Cancelled', ({ cancelled }) => cancelled, countText],
];

function Figures({ answer: { today, yesterday, lastWeek } }: { answer: Today }) {
  return (
    <dl className="figures">
      {shown.map(([title, of, text]) => (
        <Figure
          key={title}
          title={title}
          value={of(today)}
          text={text}
          isBad={title === 'Failed' && today.failure > 0}
          than={[
            { before: of(yesterday), name: 'yesterday', none: 'none yesterday' },
            { before: of(lastWeek), name: 'a week ago', none: 'none a week ago' },
          ]}
        />
      ))}
    </dl>
  );
}

/** Builds so far, hour by hour: where a day's line stands above another's, more was built by then. */
function Course({ hours, now }: Pick<Today, 'hours' | 'now'>) {
  // By the minute: with each other time it would be drawn anew.
  const sinceMidnight = Math.floor((Date.parse(now) % 86_400_000) / 60_000) / 60;
  // Today's line ends now, and not with the hour that has just begun.
  const hourMarks = Array.from({ length: 25 }, (_, hour) => hour);
  const xs = [...new Set([...hourMarks, sinceMidnight])].sort((a, b) => a - b);
  const line = (of: Today['hours']['today'], endsAt?: number): (number | null)[] => {
    let sum = 0;
    const sums = of.map(({ tally }) => {
      sum += tally.builds;
      return sum;
    });
    return xs.map((hour) => {
      if (hour === endsAt) return sum;
      if (hour === 0) return 0;
      return hour > (endsAt ?? 24) ? null : (sums[hour - 1] ?? null);
    });
  };
  const lines = [
    { label: 'Today', values: line(hours.today, sinceMidnight), look: 'strong' },
    { label: 'Yesterday', values: line(hours.yesterday), look: 'muted' },
    { label: 'A week ago', values: line(hours.lastWeek), look: 'dashed' },
  ] as const;
  return (
    <section className="panel" aria-labelledby="course">
      <h2 id="course">Builds in the course of the day</h2>
      <Plot
        label={`Builds so far: ${lines.map(({ label, values }) => `${label} ${values.findLast((value) => value !== null) ?? 0}`).join(', ')}`}
        xs={xs}
        lines={lines}
        isTime={false}
        xLabel="Until"
        xText={hourText}
        yText={countText}
      />
    </section>
  );
}

const pad = (n: number): string => String(n).padStart(2, '0');
const hourText = (hour: number): string => `${pad(Math.floor(hour))}:${pad(Math.round((hour % 1) * 60))}`;

type OwnerRow = Today['owners'][number];

const ownerColumns: readonly Column<OwnerRow>[] = [
  {
    title: 'Organisation',
    cell: ({ owner }) => <Link href={`/insights?by=repository&days=1&owner=${owner}`}>{owner}</Link>,
  },
  { title: 'Builds', width: '6rem', isNumber: true, cell: ({ tally }) => countText(tally.builds) },
  { title: 'Minutes', width: '6rem', isNumber: true, cell: ({ tally }) => minutesText(tally.minutes) },
  { title: 'Failed', width: '6rem', isNumber: true, cell: ({ tally }) => countText(tally.failure) },
];

function Owners({ owners }: Pick<Today, 'owners'>) {
  if (owners.length === 0) return null;
  return (
    <DataTable
      caption="Today by organisation, most minutes first"
      columns={ownerColumns}
      rows={owners}
      rowKey={({ owner }) => owner}
      rowHeight={40}
    />
  );
}

const NothingYet = () => (
  <Empty title="No job has ended yet">
    <p>
      As soon as one has, this page shows how today compares. <Link href="/queue">The queue</Link> shows what
      runs and waits.
    </p>
  </Empty>
);
