// One job: where it stands, what happened to it and to the VMs on its account, and its log.

import { Link } from 'wouter';
import type { ApiEvent, ApiJob } from '../../src/wire/api/jobs.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { JobState } from '../parts/job-state.tsx';
import { Page } from '../parts/page.tsx';
import { ClockTime } from '../parts/time.tsx';
import { VmLog } from '../parts/vm-log.tsx';

export function JobPage({ id }: { id: number }) {
  const story = useAnswer('jobEvents', { params: { job: id } }, { everyMs: 3_000 });
  const job = story.data?.job;
  return (
    <Page title={job?.name ?? `Job ${id}`} aside={job && <a href={job.url}>Open on GitHub</a>}>
      <Answered query={story}>
        {(answer) => (
          <div className="split">
            <Story events={answer.events} />
            <div>
              <Facts job={answer.job} />
              {answer.job.vm !== undefined && <VmLog vm={answer.job.vm} />}
            </div>
          </div>
        )}
      </Answered>
    </Page>
  );
}

function Facts({ job }: { job: ApiJob }) {
  return (
    <section className="panel" aria-label="About the job">
      <dl className="facts">
        <dt>State</dt>
        <dd>
          <JobState job={job} />
        </dd>
        {job.waitingFor !== '' && (
          <>
            <dt>Waits for</dt>
            <dd>{job.waitingFor}</dd>
          </>
        )}
        <dt>Repository</dt>
        <dd>
          <Link href={`/queue?of=${encodeURIComponent(job.repository)}`}>{job.repository}</Link>
        </dd>
        <dt>Workflow</dt>
        <dd>
          {job.workflow}, attempt {job.runAttempt}
        </dd>
        <dt>Branch</dt>
        <dd>
          {job.branch} <code className="muted">{job.sha.slice(0, 7)}</code>
        </dd>
        <dt>Labels</dt>
        <dd>
          {job.labels.map((label) => (
            <span key={label} className="chip">
              {label}
            </span>
          ))}
        </dd>
        <dt>Runner</dt>
        <dd>{job.runner ?? <span className="muted">none yet</span>}</dd>
        <dt>VM</dt>
        <dd>
          {job.vm ?? <span className="muted">{job.runner === undefined ? 'none yet' : 'not ours'}</span>}
        </dd>
      </dl>
    </section>
  );
}

function Story({ events }: { events: readonly ApiEvent[] }) {
  return (
    <section className="table-frame" aria-label="What happened">
      <table>
        <caption className="unseen">What happened, oldest first</caption>
        <colgroup>
          <col style={{ width: '6rem' }} />
          <col style={{ width: '9rem' }} className="wide-only" />
          <col />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col" className="wide-only">
              To
            </th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end
            <tr key={index}>
              <td className="event-time">
                <ClockTime time={event.at} />
              </td>
              <td className="wide-only muted">{event.subject}</td>
              <td className="wrap">
                {event.event} <span className="muted small">{dataText(event.data)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const dataText = (data: ApiEvent['data']): string =>
  Object.entries(data)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
