// Jobs whose newest week took longer than was usual, and of one of them the longest run of each day with what had changed.

import { Link, useSearchParams } from 'wouter';
import type { ApiIncrease } from '../../src/wire/api/usage.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Empty } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { Segments } from '../parts/segments.tsx';
import { Spark } from '../parts/spark.tsx';
import { durationText } from '../parts/time.tsx';
import { changed } from '../shell/search.ts';
import { SlowerJob } from './slower-job.tsx';

const periods = [
  ['28', '28 days'],
  ['60', '60'],
  ['120', '120'],
] as const;
const thresholds = [
  ['10', '10 %'],
  ['20', '20 %'],
  ['50', '50 %'],
] as const;

export function SlowerPage() {
  const [search, setSearch] = useSearchParams();
  const days = search.get('days') ?? '28';
  const [repository, workflow, name] = ['repository', 'workflow', 'name'].map((key) => search.get(key));
  if (repository && workflow && name) {
    return <SlowerJob repository={repository} workflow={workflow} name={name} days={Number(days)} />;
  }
  const percent = search.get('percent') ?? '20';
  const set = (key: string, value: string): void =>
    setSearch((old) => changed(old, key, value), { replace: true });
  return (
    <Page title="Slower jobs">
      <div className="filters">
        <Segments
          label="Looking back"
          options={periods}
          value={known(periods, days, '28')}
          onChange={(value) => set('days', value)}
        />
        <Segments
          label="Slower by at least"
          options={thresholds}
          value={known(thresholds, percent, '20')}
          onChange={(value) => set('percent', value)}
        />
      </div>
      <Increases days={Number(days)} percent={Number(percent)} />
    </Page>
  );
}

const known = <T extends string>(
  options: readonly (readonly [T, string])[],
  asked: string,
  otherwise: T,
): T => options.find(([value]) => value === asked)?.[0] ?? otherwise;

function Increases({ days, percent }: { days: number; percent: number }) {
  const increases = useAnswer('increases', { query: { days, percent, limit: 200 } }, { everyMs: 60_000 });
  return (
    <Answered query={increases}>
      {(answer) =>
        answer.increases.length === 0 ? (
          <Empty title="No job became slower">
            <p>
              None took {percent} % longer in its newest week than was usual in the weeks before. Look further
              back, or ask for less: <code>bellows increases</code> takes any threshold.
            </p>
          </Empty>
        ) : (
          <DataTable
            caption="Jobs that became slower, the largest increase first"
            columns={columnsOf(days)}
            rows={answer.increases}
            rowKey={({ repository, workflow, name }) => JSON.stringify([repository, workflow, name])}
            total={answer.count}
          />
        )
      }
    </Answered>
  );
}

const addressOf = ({ repository, workflow, name }: ApiIncrease, days: number): string =>
  `/slower?${new URLSearchParams({ repository, workflow, name, days: String(days) })}`;

const columnsOf = (days: number): readonly Column<ApiIncrease>[] => [
  {
    title: 'Job',
    cell: (row) => (
      <span className="two">
        <Link href={addressOf(row, days)}>{row.name}</Link>
        <span>
          {row.repository} · {row.workflow}
        </span>
      </span>
    ),
  },
  {
    title: 'Week by week',
    width: '8rem',
    wideOnly: true,
    cell: ({ weeks }) => <Spark values={weeks.map(({ averageMs }) => averageMs)} />,
  },
  {
    title: 'Usual',
    width: '8rem',
    isNumber: true,
    wideOnly: true,
    cell: ({ usualMs }) => durationText(usualMs),
  },
  {
    title: 'Now',
    width: '8rem',
    phoneWidth: '6.5rem',
    isNumber: true,
    cell: ({ nowMs }) => durationText(nowMs),
  },
  {
    title: 'Slower by',
    width: '6rem',
    phoneWidth: '5rem',
    isNumber: true,
    cell: ({ percent }) => <b>+{Math.round(percent)} %</b>,
  },
];
