import type { ApiHost } from '../../src/wire/api/hosts.ts';
import { HostState } from '../parts/host-state.tsx';
import { Ago } from '../parts/time.tsx';

export function HostFacts({ host, now }: { host: ApiHost; now: number }) {
  const { capacity, hold } = host;
  return (
    <section className="panel" aria-label="About the host">
      <dl className="facts">
        <dt>State</dt>
        <dd>
          <HostState host={host} />
        </dd>
        {hold !== undefined && (
          <>
            <dt>Held back</dt>
            <dd>
              by {hold.by}, <Ago time={hold.since} now={now} />
              {hold.why !== '' && `: ${hold.why}`}
            </dd>
          </>
        )}
        <dt>For</dt>
        <dd>{host.owners.join(', ') || 'all accounts'}</dd>
        {capacity !== undefined && (
          <>
            <dt>Offers</dt>
            <dd>
              {capacity.milliCpus / 1000} CPUs, {Math.round(capacity.memoryMib / 1024)} GiB memory,{' '}
              {Math.round(capacity.diskGib)} GiB disk, {capacity.arch}
            </dd>
            <dt>Labels</dt>
            <dd>{capacity.labels.join(', ') || <span className="muted">none of its own</span>}</dd>
            <dt>Images</dt>
            <dd>
              {capacity.images.map((image) => (
                <code key={image} className="two" title={image}>
                  <span>{image}</span>
                </code>
              ))}
            </dd>
          </>
        )}
        <dt>Agent</dt>
        <dd>{host.version ?? <span className="muted">not heard yet</span>}</dd>
        <dt>Heard</dt>
        <dd>{host.lastHeardAt === undefined ? 'never' : <Ago time={host.lastHeardAt} now={now} />}</dd>
        <dt>Enrolled</dt>
        <dd>
          <Ago time={host.enrolledAt} now={now} />
        </dd>
      </dl>
    </section>
  );
}
