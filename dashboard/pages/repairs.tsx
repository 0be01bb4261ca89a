// What was mended without anybody asking.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import type { ApiRepair } from '../../src/wire/api/repairs.ts';
import { call } from '../api/call.ts';
import { useMayOperate } from '../api/sign-in.ts';
import { usePages } from '../api/use-pages.ts';
import { Answered, Refusal } from '../parts/answered.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Empty } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { repairWords } from '../parts/repair-words.ts';
import { HostLink } from '../parts/subject.tsx';
import { Ago, useNow } from '../parts/time.tsx';

const isKind = (text: string | null): text is ApiRepair['kind'] => text !== null && text in repairWords;

export function RepairsPage() {
  const mayOperate = useMayOperate();
  const [search, setSearch] = useSearchParams();
  const asked = search.get('kind');
  const kind = isKind(asked) ? asked : undefined;
  const repairs = usePages('listRepairs', { limit: 200, ...(kind && { kind }) }, ({ next }) => next, {
    cursor: 'before',
    everyMs: 10_000,
  });
  const now = useNow(repairs.data?.pages[0]?.now, repairs.dataUpdatedAt);
  return (
    <Page title="Repairs" aside={mayOperate && <RepairNow />}>
      <div className="filters">
        <label>
          <span className="unseen">Kind of repair</span>
          <select
            data-search
            value={kind ?? ''}
            onChange={({ target }) => setSearch(target.value === '' ? {} : { kind: target.value })}
          >
            <option value="">All kinds</option>
            {Object.entries(repairWords).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Answered query={repairs}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.repairs);
          if (rows.length === 0) return <NoRepairs isFiltered={kind !== undefined} />;
          return (
            <>
              <Counts counts={pages[0]?.counts ?? {}} />
              <DataTable
                caption="Repairs, newest first"
                columns={columnsAt(now)}
                rows={rows}
                rowKey={(repair) => String(repair.number)}
                onEnd={repairs.more}
                phoneRowHeight={68}
              />
            </>
          );
        }}
      </Answered>
    </Page>
  );
}

function Counts({ counts }: { counts: Partial<Record<ApiRepair['kind'], number>> }) {
  return (
    <ul className="counts" aria-label="How many of each kind">
      {Object.entries(counts)
        .filter(([, count]) => count > 0)
        .map(([kind, count]) => (
          <li key={kind}>
            <b>{count}</b> <span className="muted">{isKind(kind) ? repairWords[kind] : kind}</span>
          </li>
        ))}
    </ul>
  );
}

const columnsAt = (now: number): readonly Column<ApiRepair>[] => [
  {
    title: 'Repair',
    cell: ({ kind, cause }) => (
      <span className="two">
        <span className="wraps">{repairWords[kind]}</span>
        <span>{cause}</span>
      </span>
    ),
  },
  { title: 'Of', phoneWidth: '6.5rem', cell: ({ subject }) => <Subject {...subject} /> },
  { title: 'Account', width: '10rem', wideOnly: true, cell: ({ owner }) => owner ?? '—' },
  {
    title: 'When',
    width: '8.5rem',
    phoneWidth: '6rem',
    isNumber: true,
    cell: ({ at }) => <Ago time={at} now={now} />,
  },
];

function Subject({ kind, id }: ApiRepair['subject']) {
  const text = kind === 'job' ? <Link href={`/jobs/${id}`}>{id}</Link> : <span>{id}</span>;
  return (
    <span className="two">
      {kind === 'host' ? <HostLink id={id} /> : text}
      <span>{kind}</span>
    </span>
  );
}

function NoRepairs({ isFiltered }: { isFiltered: boolean }) {
  return (
    <Empty title={isFiltered ? 'No such repair' : 'Nothing had to be mended'}>
      <p>
        Lost webhooks, dead hosts and runners that GitHub forgot are mended by themselves, and each repair is
        listed here.
      </p>
      {isFiltered && (
        <p>
          <Link href="/repairs">See all repairs</Link>
        </p>
      )}
    </Empty>
  );
}

/** Runs every repair loop once; they come by themselves too. */
function RepairNow() {
  const queries = useQueryClient();
  const repair = useMutation({
    mutationFn: () => call('repairNow', { body: {} }),
    onSuccess: () => queries.invalidateQueries(),
  });
  const mended = repair.data?.mended.length;
  return (
    <div className="buttons">
      {repair.error !== null && <Refusal error={repair.error} />}
      <span role="status" className="muted">
        {repair.isPending && 'Looking…'}
        {mended !== undefined && (mended === 0 ? 'Nothing to mend.' : `Mended ${mended}.`)}
        {repair.data?.failed.map(({ loop, reason }) => ` ${loop}: ${reason}.`)}
      </span>
      <button type="button" disabled={repair.isPending} onClick={() => repair.mutate()}>
        Look for repairs now
      </button>
    </div>
  );
}
