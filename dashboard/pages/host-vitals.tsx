import type { ApiHost } from '../../src/wire/api/hosts.ts';
import { Load } from '../parts/load.tsx';
import { Meter } from '../parts/meter.tsx';
import { bytesText, pingText } from '../parts/sizes.ts';
import { Ago } from '../parts/time.tsx';

/** How the host does: what it told within the last minute, and of a silent one what it told last. */
export function HostVitals({ host, now }: { host: ApiHost; now: number }) {
  const { vitals, image, vms, maxVms } = host;
  return (
    <section className="panel" aria-labelledby="vitals">
      <h2 id="vitals">How it does</h2>
      <dl className="facts">
        <dt>VMs</dt>
        <dd>
          {vms}
          {maxVms !== undefined && (
            <>
              {' '}
              of {maxVms}
              <Meter used={vms} of={maxVms} warnsWhenFull />
            </>
          )}
        </dd>
        {vitals !== undefined && <Told vitals={vitals} />}
        {image !== undefined && <Image image={image} now={now} />}
      </dl>
      {vitals !== undefined && (
        <p className="muted small">
          Told <Ago time={vitals.at} now={now} />.
        </p>
      )}
    </section>
  );
}

function Told({ vitals }: { vitals: NonNullable<ApiHost['vitals']> }) {
  const { pingMs, memoryUsedBytes, memoryBytes, diskFreeBytes, diskBytes, egress, kernel } = vitals;
  return (
    <>
      {vitals.load !== undefined && (
        <>
          <dt>Load</dt>
          <dd>
            <Load vitals={vitals} />
          </dd>
        </>
      )}
      <Share title="Memory" used={memoryUsedBytes} of={memoryBytes} />
      <Share
        title="Disk"
        used={diskFreeBytes === undefined || diskBytes === undefined ? undefined : diskBytes - diskFreeBytes}
        of={diskBytes}
      />
      {egress !== undefined && (
        <>
          <dt>Traffic</dt>
          <dd>
            {bytesText(egress.receivedBytes)} in, {bytesText(egress.sentBytes)} out since its boot
          </dd>
        </>
      )}
      {pingMs !== undefined && (
        <>
          <dt>Ping</dt>
          <dd>{pingText(pingMs).slice('ping '.length)}</dd>
        </>
      )}
      {kernel !== undefined && (
        <>
          <dt>Kernel</dt>
          <dd>{kernel}</dd>
        </>
      )}
    </>
  );
}

function Share({ title, used, of }: { title: string; used: number | undefined; of: number | undefined }) {
  if (of === undefined) return null;
  return (
    <>
      <dt>{title}</dt>
      <dd>
        {used === undefined ? (
          bytesText(of)
        ) : (
          <>
            {bytesText(used)} of {bytesText(of)} used
            <Meter used={used} of={of} warnsWhenFull />
          </>
        )}
      </dd>
    </>
  );
}

function Image({ image, now }: { image: NonNullable<ApiHost['image']>; now: number }) {
  const { digest, builtAt, runner } = image;
  return (
    <>
      <dt>Image</dt>
      <dd>
        <code title={digest}>{digest.slice(0, 19)}</code>
        {builtAt !== undefined && (
          <>
            , built <Ago time={builtAt} now={now} />
          </>
        )}
      </dd>
      {runner !== undefined && (
        <>
          <dt>Runner</dt>
          <dd>
            {runner.version}
            {runner.releasedAt !== undefined && (
              <>
                , released <Ago time={runner.releasedAt} now={now} />
              </>
            )}
          </dd>
        </>
      )}
    </>
  );
}
