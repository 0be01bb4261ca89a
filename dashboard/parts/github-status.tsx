import type { ApiIncident } from '../../src/wire/api/incidents.ts';

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
