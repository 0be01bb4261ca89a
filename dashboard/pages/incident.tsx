// One incident, with all that it is told by.

import { Link } from 'wouter';
import type { ApiIncident } from '../../src/wire/api/incidents.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { Evidence, Examples } from '../parts/evidence.tsx';
import { GithubStatus } from '../parts/github-status.tsx';
import { adviceOn, endings, sentenceFor } from '../parts/incident-words.ts';
import { OwnerMark } from '../parts/owner-mark.tsx';
import { Page } from '../parts/page.tsx';
import { SubjectLink } from '../parts/subject.tsx';
import { durationText, Moment, useNow } from '../parts/time.tsx';

export function IncidentPage({ id }: { id: string }) {
  const detail = useAnswer('getIncident', { params: { incident: id } }, { everyMs: 10_000 });
  const now = useNow(detail.data?.now, detail.dataUpdatedAt);
  const incident = detail.data?.incident;
  return (
    <Page
      title={incident === undefined ? 'Incident' : sentenceFor(incident)}
      aside={<Link href="/is-it-us">All incidents</Link>}
    >
      <Answered query={detail}>
        {(answer) => (
          <div className="split">
            <div className="split-side">
              <Facts incident={answer.incident} now={now} />
            </div>
            <div>
              <section className="panel" aria-label="Evidence">
                <h2>What was seen</h2>
                <GithubStatus status={answer.incident.githubStatus} />
                <Evidence evidence={answer.incident.evidence} />
              </section>
              <section className="panel" aria-label="Examples">
                <h2>Jobs in which it was seen</h2>
                <Examples evidence={answer.incident.evidence} most={40} />
              </section>
            </div>
          </div>
        )}
      </Answered>
    </Page>
  );
}

function Facts({ incident, now }: { incident: ApiIncident; now: number }) {
  const { owner, subject, name, since, openedAt, closedAt, ending, evidence } = incident;
  const accounts = new Set(evidence.flatMap((one) => one.accounts.map(({ account }) => account)));
  const end = closedAt === undefined ? now : Date.parse(closedAt);
  return (
    <section className="panel" aria-label="About the incident">
      <dl className="facts">
        <dt>Whose</dt>
        <dd>
          <OwnerMark owner={owner} />
        </dd>
        <dt>Where</dt>
        <dd>{subject === 'all' ? 'everywhere' : <SubjectLink subject={subject} name={name} />}</dd>
        <dt>Began</dt>
        <dd>
          <Moment time={since} />
        </dd>
        <dt>Noticed</dt>
        <dd>
          <Moment time={openedAt} />
        </dd>
        <dt>Ended</dt>
        <dd>
          {closedAt === undefined ? (
            'it goes on'
          ) : (
            <>
              <Moment time={closedAt} />
              {ending !== undefined && `: ${endings[ending]}`}
            </>
          )}
        </dd>
        <dt>Lasted</dt>
        <dd>
          {durationText(end - Date.parse(since))}
          {closedAt === undefined && ' so far'}
        </dd>
        <dt>Organisations</dt>
        <dd>{[...accounts].sort().join(', ')}</dd>
        <dt>What to do</dt>
        <dd>{adviceOn(incident)}</dd>
      </dl>
    </section>
  );
}
