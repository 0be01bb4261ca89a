import type { ApiMeasured } from '../../src/wire/api/jobs.ts';
import { Meter } from '../parts/meter.tsx';
import { cpusText, sizeText, trafficText } from '../parts/sizes.ts';

/** What the latest runs of the job used, at most and on average, and which label would do. */
export function JobMeasured({ measured }: { measured: ApiMeasured }) {
  const { days, runs, peaks, means, traffic, has } = measured;
  return (
    <section className="panel" aria-labelledby="measured">
      <h2 id="measured">Which size would do</h2>
      <Advice measured={measured} />
      <dl className="facts">
        <Used
          title="CPU"
          peak={peaks.cpuPercent * 10}
          mean={means && means.cpuPercent * 10}
          of={has.milliCpus}
        />
        <Used title="Memory" peak={peaks.memoryMib} mean={means?.memoryMib} of={has.memoryMib} />
        <Used title="Disk" peak={peaks.diskMib} mean={undefined} of={has.diskGib * 1024} />
        {traffic !== undefined && (
          <>
            <dt>Network</dt>
            <dd>{trafficText(traffic)} in each run</dd>
          </>
        )}
      </dl>
      <p className="muted small">
        Of {runs === 1 ? 'one run' : `${runs} runs`} in {days} days. What is advised leaves a quarter more
        than the most that was used.
      </p>
    </section>
  );
}

function Advice({ measured: { advised, label, frees } }: { measured: ApiMeasured }) {
  if (advised === undefined) return <p className="note">What it has is right, as far as was measured.</p>;
  return (
    <p className="note">
      <code className="chip">{advised}</code> would do in place of <code className="chip">{label}</code>
      {frees !== undefined && `, and leave ${freedText(frees)} to others while it runs.`}
    </p>
  );
}

function Used(props: { title: string; peak: number; mean: number | undefined; of: number }) {
  const { title, peak, mean, of } = props;
  const shown = title === 'CPU' ? cpusText : sizeText;
  return (
    <>
      <dt>{title}</dt>
      <dd>
        At most {shown(peak)} of {title === 'CPU' ? of / 1000 : sizeText(of)}
        {mean !== undefined && `, ${shown(mean)} on average`}
        <Meter used={peak} of={of} warnsWhenFull />
      </dd>
    </>
  );
}

/** Disk is sparse and costs a host next to nothing, so it is not told. */
const freedText = ({ milliCpus, memoryMib }: NonNullable<ApiMeasured['frees']>): string =>
  [
    ...(milliCpus > 0 ? [`${milliCpus / 1000} ${milliCpus === 1000 ? 'CPU' : 'CPUs'}`] : []),
    ...(memoryMib > 0 ? [`${sizeText(memoryMib)} of memory`] : []),
  ].join(' and ');
