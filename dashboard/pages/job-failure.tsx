import type { ApiFailure } from '../../src/wire/api/jobs.ts';
import { OwnerMark } from '../parts/owner-mark.tsx';

const titles: Readonly<Record<ApiFailure['class'], string>> = {
  'out-of-memory': 'Out of memory',
  'disk-full': 'The disk was full',
  'host-disk-full': 'The host had no disk left',
  dns: 'A name could not be resolved',
  'rate-limited': 'Refused: too many requests',
  'host-lost': 'Its host was lost',
  'runner-refused': "GitHub refused the runner's version",
  'github-5xx': 'GitHub answered with an error',
  'missing-piece': 'The image lacks something',
  workflow: 'A step failed',
};

/** Why the job failed, whose that is, the line that says so, and what to do. */
export function JobFailure({ failure, url }: { failure: ApiFailure; url: string }) {
  return (
    <section className="panel failure" aria-labelledby="failure">
      <div className="panel-head">
        <h2 id="failure">Why it failed: {titles[failure.class]}</h2>
        <OwnerMark owner={failure.owner} />
      </div>
      {failure.line !== undefined && <pre className="log">{failure.line}</pre>}
      <p>
        {failure.advice}
        {failure.class === 'workflow' && (
          <>
            {' '}
            <a href={url}>It is at GitHub.</a>
          </>
        )}
      </p>
    </section>
  );
}
