// One job: where its time went and whose it was, its VM, what was retried and mended, its log, and every line of its history.

import { Link, useSearchParams } from 'wouter';
import type { AnswerOf } from '../../src/wire/api/endpoints.ts';
import type { ApiJob } from '../../src/wire/api/jobs.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { JobState } from '../parts/job-state.tsx';
import { Page } from '../parts/page.tsx';
import { Story } from '../parts/story.tsx';
import { useNow } from '../parts/time.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { VmLog } from '../parts/vm-log.tsx';
import { JobFailure } from './job-failure.tsx';
import { JobMeasured } from './job-measured.tsx';
import { JobMended } from './job-mended.tsx';
import { JobVm } from './job-vm.tsx';

export function JobPage({ id }: { id: number }) {
  const detail = useAnswer('getJob', { params: { job: id } }, { everyMs: 3_000 });
  const now = useNow(detail.data?.now, detail.dataUpdatedAt);
  const job = detail.data?.job;
  return (
    <Page title={job?.name ?? `Job ${id}`} aside={job && <a href={job.url}>Open on GitHub</a>}>
      <Answered query={detail}>{(answer) => <Detail answer={answer} now={now} />}</Answered>
    </Page>
  );
}

function Detail({ answer, now }: { answer: AnswerOf<'getJob'>; now: number }) {
  const { job, phases, vm, resources, repairs, attempts, failure, measured } = answer;
  const isLogAskedFor = useSearchParams()[0].has('log');
  return (
    <>
      {failure !== undefined && <JobFailure failure={failure} url={job.url} />}
      <div className="split">
        <div className="split-side">
          <Facts job={job} />
          {vm !== undefined && <JobVm vm={vm} resources={resources} />}
          {measured !== undefined && <JobMeasured measured={measured} />}
        </div>
        <div>
          {phases.length > 0 && <Timeline phases={phases} now={now} />}
          <JobMended repairs={repairs} attempts={attempts} now={now} />
          {vm !== undefined && <VmLog vm={vm.id} isAskedFor={isLogAskedFor} />}
          <History job={job.id} />
        </div>
      </div>
    </>
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
          <Link href={`/queue?state=all&text=${encodeURIComponent(job.repository)}`}>{job.repository}</Link>
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
      </dl>
    </section>
  );
}

function History({ job }: { job: number }) {
  const story = useAnswer('jobEvents', { params: { job }, query: { limit: 500 } }, { everyMs: 5_000 });
  return (
    <>
      <h2 className="section">What happened</h2>
      <Answered query={story}>
        {({ events, next }) => (
          <>
            {next !== undefined && (
              <p className="muted small">
                Older lines are left out: <code>bellows events {job}</code> has them all.
              </p>
            )}
            <Story events={events} />
          </>
        )}
      </Answered>
    </>
  );
}
