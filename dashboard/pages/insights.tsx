// Who builds how much, against the period before.

import { useCallback } from 'react';
import { useSearchParams } from 'wouter';
import { useAnswer } from '../api/use-answer.ts';
import { usePages } from '../api/use-pages.ts';
import { Answered } from '../parts/answered.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Empty } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { SearchBox } from '../parts/search-box.tsx';
import { Segments } from '../parts/segments.tsx';
import { changed } from '../shell/search.ts';
import { Daily } from './insights-daily.tsx';
import { columnsFor, groupOptions, measures, periodOptions } from './insights-table.tsx';
import { Totals } from './insights-totals.tsx';

export function InsightsPage() {
  const [search, setSearch] = useSearchParams();
  const by = pick(groupOptions, search.get('by'), 'repository');
  const days = pick(periodOptions, search.get('days'), '28');
  const measure = pick(measures, search.get('in'), 'minutes');
  const owner = search.get('owner') ?? '';
  const set = useCallback(
    (key: string, value: string) => setSearch((old) => changed(old, key, value), { replace: true }),
    [setSearch],
  );
  const setOwner = useCallback((value: string) => set('owner', value), [set]);
  const filter = { days: Number(days) as 1 | 7 | 14 | 28 | 90, ...(owner === '' ? {} : { owner }) };
  const table = usePages('insights', { by, ...filter, sort: measure, limit: 100 }, (answer) => answer.next);
  const daily = useAnswer('insightsDaily', { query: filter }, { everyMs: 60_000 });
  return (
    <Page title="Insights">
      <div className="filters">
        <Segments label="By" options={groupOptions} value={by} onChange={(value) => set('by', value)} />
        <Segments
          label="Period"
          options={periodOptions}
          value={days}
          onChange={(value) => set('days', value)}
        />
        <Segments label="In" options={measures} value={measure} onChange={(value) => set('in', value)} />
        <SearchBox label="Only this organisation" value={owner} onChange={setOwner} />
      </div>
      <Answered query={table}>
        {({ pages }) => {
          const [first] = pages;
          if (first === undefined || first.count === 0) return <NothingThen isFiltered={owner !== ''} />;
          return (
            <>
              <Totals total={first.total} from={first.from} to={first.to} />
              {daily.data !== undefined && days !== '1' && <Daily days={daily.data.days} measure={measure} />}
              <DataTable
                caption={`Builds and minutes by ${by}, from ${first.from} to ${first.to}`}
                columns={columnsFor(by, measure, first.total.now)}
                rows={pages.flatMap(({ rows }) => rows)}
                rowKey={(row) => JSON.stringify([row.owner, row.repository, row.workflow, row.user])}
                total={first.count}
                onEnd={table.more}
              />
            </>
          );
        }}
      </Answered>
    </Page>
  );
}

function pick<T extends string>(
  options: readonly (readonly [T, string])[],
  asked: string | null,
  otherwise: T,
): T {
  return options.find(([value]) => value === asked)?.[0] ?? otherwise;
}

const NothingThen = ({ isFiltered }: { isFiltered: boolean }) => (
  <Empty title="Nothing was built in this time">
    <p>
      Choose a longer period{isFiltered && ', or another organisation'}. Jobs that ended before Bellows came
      are counted by <code>bellows usage --from-github</code>.
    </p>
  </Empty>
);
