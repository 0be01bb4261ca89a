import type { ApiIncident, ApiStatusPage } from '../../src/wire/api/incidents.ts';
import { Ago } from './time.tsx';

/** What GitHub's public status page says of an incident, where it was asked. */
export function GithubStatus({ status }: { status: ApiIncident['githubStatus'] }) {
  if (status === undefined) return null;
  const troubles = status.troubles.filter(({ url, title }) => url !== undefined || title !== undefined);
  return (
    <p className="note small">
      {status.words}
      {troubles.map(({ component, title, url }) => (
        <span key={`${component} ${url ?? title}`}>
          {' '}
          {url === undefined ? (
            title
          ) : (
            <a href={url} rel="noreferrer">
              {title ?? component}
            </a>
          )}
        </span>
      ))}
    </p>
  );
}

/** The page as it was read last, whether anything is wrong here or not. */
export function StatusPage({ page, now }: { page: ApiStatusPage | undefined; now: number }) {
  if (page === undefined) return null;
  const { state, readAt, why, troubles } = page;
  const read = readAt !== undefined && (
    <>
      , read <Ago time={readAt} now={now} />
    </>
  );
  return (
    <p className="muted small note">
      {state === 'unreachable' ? (
        <>
          GitHub's status page cannot be read{why !== undefined && `: ${why}`}
          {read}.
        </>
      ) : (
        <>
          GitHub's status page{' '}
          {troubles.length === 0 ? 'tells of no trouble' : `tells: ${troublesText(troubles)}`}
          {read}.
        </>
      )}
    </p>
  );
}

const troublesText = (troubles: ApiStatusPage['troubles']): string =>
  troubles.map(({ component, status }) => `${component}, ${status.replaceAll('_', ' ')}`).join('; ');
