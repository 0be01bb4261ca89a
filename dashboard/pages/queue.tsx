// What runs, what waits, and why.

import { useCallback } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { ApiJob } from '../../src/wire/api/jobs.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Empty } from '../parts/empty.tsx';
import { JobState } from '../parts/job-state.tsx';
import { Page } from '../parts/page.tsx';
import { SearchBox } from '../parts/search-box.tsx';
import { Segments } from '../parts/segments.tsx';
import { Since, useNow } from '../parts/time.tsx';

const views = [
  ['queued', 'Queued'],
  ['running', 'Running'],
  ['done', 'Done'],
  ['all', 'All'],
] as const;
type View = (typeof views)[number][0];

export function QueuePage() {
  const [search, setSearch] = useSearchParams();
  const view = views.find(([name]) => name === search.get('state'))?.[0] ?? 'all';
  const of = search.get('of') ?? '';
  const setOf = useCallback(
    (text: string) => setSearch((old) => changed(old, 'of', text), { replace: true }),
    [setSearch],
  );
  const jobs = useAnswer(
    'listJobs',
    {
      query: {
        limit: 500,
        ...(view === 'all' ? {} : { state: view }),
        ...(of.includes('/') ? { repository: of } : of === '' ? {} : { owner: of }),
      },
    },
    { everyMs: 3_000 },
  );
  const now = useNow(jobs.data?.now, jobs.dataUpdatedAt);
  return (
    <Page title="Queue">
      <div className="filters">
        <SearchBox label="owner or owner/repository" value={of} onChange={setOf} />
        <Segments
          label="State"
          options={views}
          value={view}
          onChange={(value) => setSearch((old) => changed(old, 'state', value))}
        />
      </div>
      <Answered query={jobs}>
        {(answer) =>
          answer.jobs.length === 0 ? (
            <NoJobs view={view} of={of} />
          ) : (
            <DataTable
              caption="Jobs, newest first"
              columns={columnsAt(now)}
              rows={answer.jobs}
              rowKey={({ id }) => String(id)}
            />
          )
        }
      </Answered>
    </Page>
  );
}

function changed(old: URLSearchParams, key: string, value: string): URLSearchParams {
  const next = new URLSearchParams(old);
  if (value === '') next.delete(key);
  else next.set(key, value);
  return next;
}

const columnsAt = (now: number): readonly Column<ApiJob>[] => [
  {
    title: 'Job',
    cell: (job) => (
      <span className="two">
        <Link href={`/jobs/${job.id}`}>{job.name}</Link>
        <span>
          {job.repository} · {job.workflow}
        </span>
      </span>
    ),
  },
  { title: 'State', width: '8rem', cell: (job) => <JobState job={job} /> },
  {
    title: 'Why it waits, or where it runs',
    wideOnly: true,
    cell: (job) => <Where job={job} />,
  },
  { title: 'Branch', width: '10rem', wideOnly: true, cell: ({ branch }) => branch },
  {
    title: 'For',
    width: '7rem',
    isNumber: true,
    cell: ({ since }) => <Since time={since} now={now} />,
  },
];

function Where({ job }: { job: ApiJob }) {
  if (job.waitingFor !== '') return job.waitingFor;
  const labels = job.labels.join(', ');
  if (job.runner === undefined) return <span className="muted">{labels}</span>;
  return (
    <span className="two">
      <span>{job.vm ?? `${job.runner}, not one of ours`}</span>
      <span>{labels}</span>
    </span>
  );
}

function NoJobs({ view, of }: { view: View; of: string }) {
  if (view !== 'all' || of !== '') {
    return (
      <Empty title={of === '' ? `No job is ${view}` : `No such job of ${of}`}>
        <p>
          <Link href="/queue">See all jobs</Link>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No job has come yet">
      <p>Let a workflow run on your own hosts by its label, push it, and it shows up here within seconds:</p>
      <pre className="log">{'jobs:\n  build:\n    runs-on: bellows-2cpu-4gb'}</pre>
      <p>
        No host yet, or nothing comes? <Link href="/set-up">Set up</Link> shows how to enrol a host and checks
        the GitHub App.
      </p>
    </Empty>
  );
}
