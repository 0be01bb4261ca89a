// What runs, what waits, and why.

import { useCallback, useMemo } from 'react';
import { Link, useSearchParams } from 'wouter';
import { type ApiJob, ownersOfPhases } from '../../src/wire/api/jobs.ts';
import { usePages } from '../api/use-pages.ts';
import { Answered } from '../parts/answered.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Empty } from '../parts/empty.tsx';
import { JobState } from '../parts/job-state.tsx';
import { OwnerMark } from '../parts/owner-mark.tsx';
import { Page } from '../parts/page.tsx';
import { phaseWords } from '../parts/phase-words.ts';
import { SearchBox } from '../parts/search-box.tsx';
import { Segments } from '../parts/segments.tsx';
import { Ago, durationText, Since, useNow } from '../parts/time.tsx';
import { changed } from '../shell/search.ts';

const views = [
  ['open', 'Open'],
  ['waiting', 'At GitHub'],
  ['queued', 'Queued'],
  ['running', 'Running'],
  ['done', 'Done'],
  ['all', 'All'],
] as const;
type View = (typeof views)[number][0];

const states: Readonly<Record<View, string | undefined>> = {
  open: 'queued,running,waiting',
  waiting: 'waiting',
  queued: 'queued',
  running: 'running',
  done: 'done,lost',
  all: undefined,
};

export function QueuePage() {
  const [search, setSearch] = useSearchParams();
  const view = views.find(([name]) => name === search.get('state'))?.[0] ?? 'open';
  const text = search.get('text') ?? '';
  const setText = useCallback(
    (typed: string) => setSearch((old) => changed(old, 'text', typed.trim()), { replace: true }),
    [setSearch],
  );
  const state = states[view];
  const jobs = usePages(
    'listJobs',
    { limit: 200, ...(state && { state }), ...(text === '' ? {} : { text }) },
    ({ next }) => next,
    { everyMs: 3_000 },
  );
  const rows = useMemo(() => jobs.data?.pages.flatMap((page) => page.jobs) ?? [], [jobs.data]);
  const now = useNow(jobs.data?.pages[0]?.now, jobs.dataUpdatedAt);
  return (
    <Page title="Queue">
      <div className="filters">
        <SearchBox label="Repository, job, branch, label" value={text} onChange={setText} />
        <Segments
          label="State"
          options={views}
          value={view}
          onChange={(value) => setSearch((old) => changed(old, 'state', value))}
        />
      </div>
      <Answered query={jobs}>
        {({ pages }) =>
          rows.length === 0 ? (
            <NoJobs view={view} text={text} />
          ) : (
            <DataTable
              caption="Jobs, newest first"
              columns={columnsAt(now)}
              rows={rows}
              rowKey={({ id }) => String(id)}
              total={pages.at(-1)?.next === undefined ? rows.length : -1}
              onEnd={jobs.more}
              phoneRowHeight={68}
            />
          )
        }
      </Answered>
    </Page>
  );
}

const columnsAt = (now: number): readonly Column<ApiJob>[] => [
  {
    title: 'Job',
    cell: (job) => (
      <span className="two">
        <Link href={`/jobs/${job.id}`}>{job.name}</Link>
        <span className="wide-only">
          {job.repository} · {job.workflow}
        </span>
        <span className="phone-only">{job.waitingFor || job.repository}</span>
      </span>
    ),
  },
  { title: 'State', width: '8rem', phoneWidth: '6.5rem', cell: (job) => <JobState job={job} /> },
  {
    title: 'What it is at',
    wideOnly: true,
    cell: (job) => <Where job={job} />,
  },
  { title: 'Branch', width: '10rem', wideOnly: true, cell: ({ branch }) => branch },
  { title: 'Log', width: '4rem', wideOnly: true, cell: (job) => <LogLink job={job} /> },
  {
    title: 'For',
    width: '9rem',
    phoneWidth: '6.5rem',
    isNumber: true,
    cell: (job) => <Elapsed job={job} now={now} />,
  },
];

/** How long it runs or waits, beside what is usual; of one that is over, how long ago. */
function Elapsed({ job, now }: { job: ApiJob; now: number }) {
  if (job.state === 'done' || job.state === 'lost') return <Ago time={job.since} now={now} />;
  const { usualMs } = job;
  if (usualMs === undefined) return <Since time={job.since} now={now} />;
  const isRunning = job.state === 'running';
  const isLate = isRunning && now - Date.parse(job.since) > 1.5 * usualMs;
  return (
    <span className="two">
      <Since time={job.since} now={now} />
      <span className={isLate ? 'late' : ''}>
        {isRunning ? 'usually' : 'runs'} {durationText(usualMs)}
      </span>
    </span>
  );
}

/** From when its VM starts; what it wrote is kept for a while after it is gone. */
function LogLink({ job: { id, name, vm, phase } }: { job: ApiJob }) {
  const hasVm = vm !== undefined || (phase !== undefined && phase !== 'delivery' && phase !== 'placing');
  if (!hasVm) return null;
  return (
    <Link href={`/jobs/${id}?log`} aria-label={`Log of ${name}`}>
      Log
    </Link>
  );
}

function Where({ job }: { job: ApiJob }) {
  const labels = job.labels.join(', ');
  if (job.waitingFor !== '') {
    return (
      <span className="two">
        <span title={job.waitingFor}>{job.waitingFor}</span>
        <span>{[job.phase && phaseWords[job.phase], labels].filter(Boolean).join(' · ')}</span>
      </span>
    );
  }
  if (job.state !== 'done' && job.phase !== undefined) {
    return (
      <span className="two">
        <span>
          <OwnerMark owner={ownersOfPhases[job.phase]}>{phaseWords[job.phase]}</OwnerMark>
        </span>
        <span>{[job.vm, labels].filter(Boolean).join(' · ')}</span>
      </span>
    );
  }
  if (job.runner === undefined) return <span className="muted">{labels}</span>;
  return (
    <span className="two">
      <span>{job.vm ?? `${job.runner}, not one of ours`}</span>
      <span>{labels}</span>
    </span>
  );
}

function NoJobs({ view, text }: { view: View; text: string }) {
  if (text !== '') {
    return (
      <Empty title={`Nothing is like “${text}” here`}>
        <p>
          <Link href={`/queue?state=all&text=${encodeURIComponent(text)}`}>Search all jobs</Link>, also those
          that are over.
        </p>
      </Empty>
    );
  }
  if (view !== 'all' && view !== 'open') {
    return (
      <Empty title={`No job is ${view === 'waiting' ? 'held back at GitHub' : view}`}>
        <p>
          <Link href="/queue?state=all">See all jobs</Link>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title={view === 'open' ? 'Nothing runs or waits' : 'No job has come yet'}>
      <p>
        A workflow runs on your own hosts by its label. Push it, and its jobs show up here within seconds:
      </p>
      <pre className="log">{'jobs:\n  build:\n    runs-on: bellows-2cpu-4gb'}</pre>
      <p>
        No host yet, or nothing comes? <Link href="/set-up">Set up</Link> shows how to enrol a host and checks
        the GitHub App.
        {view === 'open' && (
          <>
            {' '}
            Jobs that are over: <Link href="/queue?state=all">see all</Link>.
          </>
        )}
      </p>
    </Empty>
  );
}
