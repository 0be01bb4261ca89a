// Whose it is when something is slow or fails: the answer for now, what speaks for it, and what was before.

import { Link, useSearchParams } from 'wouter';
import type { ApiIncident } from '../../src/wire/api/incidents.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { Evidence, Examples } from '../parts/evidence.tsx';
import { GithubStatus, StatusPage } from '../parts/github-status.tsx';
import { adviceOn, oursFirst, sentenceFor } from '../parts/incident-words.ts';
import { OwnerMark } from '../parts/owner-mark.tsx';
import { Page } from '../parts/page.tsx';
import { Ago, useNow } from '../parts/time.tsx';
import { PastIncidents } from './past-incidents.tsx';
import { PhaseFigures } from './phase-figures.tsx';
import { Verdict } from './verdict.tsx';

export function IsItUsPage() {
  const [search, setSearch] = useSearchParams();
  const open = useAnswer('listIncidents', { query: { open: 'true' } }, { everyMs: 10_000 });
  const last = useAnswer('listIncidents', { query: { limit: 1 } }, { everyMs: 60_000 });
  const figures = useAnswer('phaseFigures', {}, { everyMs: 20_000 });
  const now = useNow(open.data?.now, open.dataUpdatedAt);
  return (
    <Page title="Is it us?">
      <Answered query={open}>
        {({ incidents, verdict, statusPage }) => (
          <>
            {figures.data !== undefined && (
              <Verdict
                verdict={verdict}
                figures={figures.data.figures}
                lastEnd={last.data?.incidents[0]?.closedAt}
                now={now}
              />
            )}
            <StatusPage page={statusPage} now={now} />
            {oursFirst(incidents).map((incident) => (
              <OpenIncident key={incident.id} incident={incident} now={now} />
            ))}
          </>
        )}
      </Answered>
      <Answered query={figures}>{(answer) => <PhaseFigures figures={answer.figures} />}</Answered>
      <PastIncidents search={search} setSearch={setSearch} />
    </Page>
  );
}

function OpenIncident({ incident, now }: { incident: ApiIncident; now: number }) {
  const { id, owner, since, evidence, githubStatus } = incident;
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id}>
          <Link href={`/is-it-us/${encodeURIComponent(id)}`}>{sentenceFor(incident)}</Link>
        </h2>
        <OwnerMark owner={owner} />
        <span className="muted">
          since <Ago time={since} now={now} />
        </span>
      </div>
      <p className="note">{adviceOn(incident)}</p>
      <GithubStatus status={githubStatus} />
      <Evidence evidence={evidence} />
      <Examples evidence={evidence} most={3} />
    </section>
  );
}
