import { Link } from 'wouter';
import type { ApiInsight, ApiTally, InsightGroup } from '../../src/wire/api/insights.ts';
import type { Column } from '../parts/data-table.tsx';
import { changeText, countText, minutesText } from '../parts/figures.tsx';
import { Meter } from '../parts/meter.tsx';
import { durationText } from '../parts/time.tsx';

export const groupOptions = [
  ['owner', 'Organisations'],
  ['repository', 'Repositories'],
  ['workflow', 'Workflows'],
  ['user', 'Users'],
] as const satisfies readonly (readonly [InsightGroup, string])[];

export const periodOptions = [
  ['1', 'Today'],
  ['7', '7 days'],
  ['14', '14'],
  ['28', '28'],
  ['90', '90'],
] as const;

export const measures = [
  ['minutes', 'Minutes'],
  ['builds', 'Builds'],
] as const;
export type Measure = (typeof measures)[number][0];

const hotWords: Readonly<Record<ApiInsight['hot'][number], string>> = {
  share: 'large share',
  growth: 'grows fast',
  failures: 'fails often',
};

const valueText = (measure: Measure, tally: ApiTally): string =>
  measure === 'minutes' ? minutesText(tally.minutes) : countText(tally.builds);

const titles: Readonly<Record<InsightGroup, string>> = {
  owner: 'Organisation',
  repository: 'Repository',
  workflow: 'Workflow',
  user: 'User',
};

export function columnsFor(
  by: InsightGroup,
  measure: Measure,
  total: ApiTally,
): readonly Column<ApiInsight>[] {
  return [
    { title: titles[by], cell: (row) => <Name by={by} row={row} /> },
    {
      title: measure === 'minutes' ? 'Minutes' : 'Builds',
      width: '9rem',
      isNumber: true,
      cell: ({ now, before }) => (
        <>
          {valueText(measure, now)}{' '}
          <span className="change">{changeText(now[measure], before[measure])}</span>
          <Meter used={now[measure]} of={total[measure]} />
        </>
      ),
    },
    {
      title: measure === 'minutes' ? 'Builds' : 'Minutes',
      width: '6rem',
      isNumber: true,
      wideOnly: true,
      cell: ({ now }) => valueText(measure === 'minutes' ? 'builds' : 'minutes', now),
    },
    {
      title: 'Passed',
      width: '6rem',
      isNumber: true,
      wideOnly: true,
      cell: ({ now }) => countText(now.success),
    },
    { title: 'Failed', width: '6rem', isNumber: true, cell: ({ now }) => countText(now.failure) },
    {
      title: 'Cancelled',
      width: '6rem',
      isNumber: true,
      wideOnly: true,
      cell: ({ now }) => countText(now.cancelled),
    },
    {
      title: 'Average',
      width: '7.5rem',
      isNumber: true,
      wideOnly: true,
      cell: ({ now }) => durationText(now.averageMs),
    },
    {
      title: 'Longest',
      width: '7.5rem',
      isNumber: true,
      wideOnly: true,
      cell: ({ now }) => durationText(now.longestMs),
    },
  ];
}

function Name({ by, row }: { by: InsightGroup; row: ApiInsight }) {
  const { owner, repository, workflow, user, hot } = row;
  const marks = hot.map((kind) => hotWords[kind]).join(', ');
  const below: Readonly<Record<InsightGroup, string>> = {
    owner: '',
    repository: '',
    workflow: repository ?? owner,
    user: owner,
  };
  return (
    <span className="two">
      {by === 'owner' ? (
        <Link href={`/insights?by=repository&owner=${encodeURIComponent(owner)}`}>{owner}</Link>
      ) : by === 'repository' ? (
        <Link href={`/queue?state=all&text=${encodeURIComponent(repository ?? '')}`}>{repository}</Link>
      ) : (
        <span>{(by === 'workflow' ? workflow : user) || 'unknown'}</span>
      )}
      {(below[by] !== '' || marks !== '') && (
        <span>
          {marks !== '' && <span className="hot">{marks}</span>} {below[by]}
        </span>
      )}
    </span>
  );
}
