// One job: where it stands, what happened to it and to the VMs on its account, and its log.

import { Link } from 'wouter';
import type { ApiJob } from '../../src/wire/api/jobs.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { JobState } from '../parts/job-state.tsx';
import { Page } from '../parts/page.tsx';
import { Story } from '../parts/story.tsx';
import { VmLog } from '../parts/vm-log.tsx';

export function JobPage({ id }: { id: number }) {
  const story = useAnswer('jobEvents', { params: { job: id } }, { everyMs: 3_000 });
  const job = story.data?.job;
  return (
    <Page title={job?.name ?? `Job ${id}`} aside={job && <a href={job.url}>Open on GitHub</a>}>
      <Answered query={story}>
        {(answer) => (
          <div className="split">
            <div className="split-side">
              <Facts job={answer.job} />
              {answer.job.vm !== undefined && <VmLog vm={answer.job.vm} />}
            </div>
            <Story events={answer.events} />
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
