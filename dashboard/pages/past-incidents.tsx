import { Link, type useSearchParams } from 'wouter';
import type { ApiIncident } from '../../src/wire/api/incidents.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Empty } from '../parts/empty.tsx';
import { causeNames, endings, sentenceFor, timesText, worstOf } from '../parts/incident-words.ts';
import { OwnerMark } from '../parts/owner-mark.tsx';
import { Segments } from '../parts/segments.tsx';
import { durationText, Moment } from '../parts/time.tsx';
import { changed } from '../shell/search.ts';

const periods = [
  ['7', '7 days'],
  ['28', '28'],
  ['90', '90'],
] as const;

type Owner = ApiIncident['owner'];
const isOwner = (text: string | null): text is Owner => text !== null && text in causeNames;

/** Those that are over, of one owner or all. */
export function PastIncidents(props: {
  search: URLSearchParams;
  setSearch: ReturnType<typeof useSearchParams>[1];
}) {
  const { search, setSearch } = props;
  const asked = search.get('whose');
  const whose = isOwner(asked) ? asked : undefined;
  const days = periods.find(([value]) => value === search.get('days'))?.[0] ?? '28';
  const past = useAnswer(
    'listIncidents',
    { query: { days: Number(days), limit: 500, ...(whose && { whose }) } },
    { everyMs: 60_000 },
  );
  const set = (key: string, value: string): void =>
    setSearch((old) => changed(old, key, value), { replace: true });
  return (
    <>
      <h2 className="section">Incidents that are over</h2>
      <div className="filters">
        <label>
          <span className="unseen">Whose</span>
          <select data-search value={whose ?? ''} onChange={({ target }) => set('whose', target.value)}>
            <option value="">Everybody's</option>
            {Object.entries(causeNames).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <Segments
          label="Looking back"
          options={periods}
          value={days}
          onChange={(value) => set('days', value)}
        />
      </div>
      <Answered query={past}>
        {({ incidents }) => {
          const over = incidents.filter(({ closedAt }) => closedAt !== undefined);
          return over.length === 0 ? (
            <NoIncidents isFiltered={whose !== undefined} days={days} />
          ) : (
            <DataTable
              caption="Incidents that are over, newest first"
              columns={columns}
              rows={over}
              rowKey={({ id }) => id}
            />
          );
        }}
      </Answered>
    </>
  );
}

const columns: readonly Column<ApiIncident>[] = [
  {
    title: 'Incident',
    cell: (incident) => (
      <span className="two">
        <Link href={`/is-it-us/${encodeURIComponent(incident.id)}`}>{sentenceFor(incident)}</Link>
        <span>
          {incident.subject === 'all' ? 'everywhere' : incident.name}
          {incident.ending === undefined ? '' : `, ${endings[incident.ending]}`}
        </span>
      </span>
    ),
  },
  { title: 'Whose', width: '11rem', wideOnly: true, cell: ({ owner }) => <OwnerMark owner={owner} /> },
  {
    title: 'Times',
    width: '5rem',
    isNumber: true,
    wideOnly: true,
    cell: (incident) => timesText(worstOf(incident)?.ratio),
  },
  {
    title: 'Began',
    width: '9rem',
    phoneWidth: '7.5rem',
    isNumber: true,
    cell: ({ since }) => <Moment time={since} />,
  },
  {
    title: 'Lasted',
    width: '8rem',
    isNumber: true,
    wideOnly: true,
    cell: ({ since, closedAt }) =>
      closedAt === undefined ? '—' : durationText(Date.parse(closedAt) - Date.parse(since)),
  },
];

function NoIncidents({ isFiltered, days }: { isFiltered: boolean; days: string }) {
  return (
    <Empty title={isFiltered ? 'None of these' : `None in ${days} days`}>
      <p>
        When a phase takes longer than usual, or fails more often, it is told here whose it is, with the
        figures.
      </p>
      {isFiltered && (
        <p>
          <Link href="/is-it-us">See everybody's</Link>
        </p>
      )}
    </Empty>
  );
}
