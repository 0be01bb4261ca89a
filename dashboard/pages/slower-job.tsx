import { Link } from 'wouter';
import type { ApiJobRun } from '../../src/wire/api/usage.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { dayText, startOfDay } from '../parts/day-text.ts';
import { Empty } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { Plot } from '../parts/plot.tsx';
import { HostLink } from '../parts/subject.tsx';
import { durationText } from '../parts/time.tsx';

export function SlowerJob(props: { repository: string; workflow: string; name: string; days: number }) {
  const { repository, workflow, name, days } = props;
  const runs = useAnswer('jobRuns', { query: { repository, workflow, name, days } }, { everyMs: 60_000 });
  return (
    <Page title={name} aside={<Link href={`/slower?days=${days}`}>All slower jobs</Link>}>
      <p className="lead">
        {repository} · {workflow}: the longest run of each day in {days} days.
      </p>
      <Answered query={runs}>
        {(answer) =>
          answer.runs.length === 0 ? (
            <Empty title="No run in this time">
              <p>
                <Link href={`/slower?days=${days}`}>See the jobs that became slower</Link>
              </p>
            </Empty>
          ) : (
            <Runs runs={answer.runs} />
          )
        }
      </Answered>
    </Page>
  );
}

function Runs({ runs }: { runs: readonly ApiJobRun[] }) {
  const oldestFirst = runs.toSorted((a, b) => a.endedAt.localeCompare(b.endedAt));
  const longest = Math.max(...runs.map(({ ms }) => ms));
  return (
    <>
      <section className="panel" aria-label="Plot">
        <Plot
          label={`Longest run of each day; the longest of all took ${durationText(longest)}. The table below has them all.`}
          xs={oldestFirst.map(({ endedAt }) => startOfDay(Date.parse(endedAt) / 1000))}
          lines={[{ label: 'Longest run', values: oldestFirst.map(({ ms }) => ms), look: 'strong' }]}
          xLabel="Day"
          xText={dayText}
          yText={durationText}
          yAxisText={wholeText}
          ySteps={wholeSteps}
          hasPoints
        />
      </section>
      <DataTable
        caption="The longest run of each day, newest first"
        columns={columns}
        rows={oldestFirst.toReversed()}
        rowKey={({ job }) => String(job)}
      />
    </>
  );
}

const seconds = [1, 2, 5, 10, 15, 30];
const wholeSteps = [1, 60, 3600].flatMap((unit) => seconds.map((step) => step * unit * 1000));
const wholeText = (ms: number): string =>
  ms === 0 ? '0' : durationText(ms).replace(/ 00 (s|min)$|\.0(?= s)/, '');

const columns: readonly Column<ApiJobRun>[] = [
  {
    title: 'Day',
    width: '7rem',
    phoneWidth: '4.75rem',
    cell: ({ job, endedAt }) => (
      <Link href={`/jobs/${job}`} className="nowrap">
        {dayText(Date.parse(endedAt) / 1000)}
      </Link>
    ),
  },
  { title: 'Took', width: '8rem', phoneWidth: '6.5rem', isNumber: true, cell: ({ ms }) => durationText(ms) },
  {
    title: 'Waited',
    width: '8rem',
    isNumber: true,
    wideOnly: true,
    cell: ({ waitMs }) => durationText(waitMs),
  },
  {
    title: 'What had changed',
    cell: (run) => (
      <span className="two">
        <span>
          {run.changed.length === 0 ? (
            <span className="muted">nothing that we know</span>
          ) : (
            run.changed.join(', ')
          )}
        </span>
        <span>
          <code>{run.sha.slice(0, 7)}</code> {run.size}
        </span>
      </span>
    ),
  },
  {
    title: 'Host',
    width: '10rem',
    wideOnly: true,
    cell: ({ host }) => (host === undefined ? '—' : <HostLink id={host} />),
  },
];
