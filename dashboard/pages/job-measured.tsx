import type { ApiMeasured } from '../../src/wire/api/jobs.ts';
import { Meter } from '../parts/meter.tsx';
import { cpusText, sizeText } from '../parts/sizes.ts';

/** What the latest runs of the job used at most, and which label would do. */
export function JobMeasured({ measured }: { measured: ApiMeasured }) {
  const { days, runs, peaks, has, label, advised, frees } = measured;
  return (
    <section className="panel" aria-labelledby="measured">
      <h2 id="measured">Which size would do</h2>
      <p className="note">
        {advised === undefined ? (
          'What it has is right, as far as was measured.'
        ) : (
          <>
            <code className="chip">{advised}</code> would do in place of <code className="chip">{label}</code>
            {frees !== undefined && `, and leave ${freedText(frees)} to others.`}
          </>
        )}
      </p>
      <dl className="facts">
        <Peak
          title="CPU"
          peak={cpusText(peaks.cpuPercent * 10)}
          used={peaks.cpuPercent * 10}
          of={has.milliCpus}
        />
        <Peak title="Memory" peak={sizeText(peaks.memoryMib)} used={peaks.memoryMib} of={has.memoryMib} />
        <Peak title="Disk" peak={sizeText(peaks.diskMib)} used={peaks.diskMib} of={has.diskGib * 1024} />
      </dl>
      <p className="muted small">
        At most, in {runs === 1 ? 'one run' : `${runs} runs`} of {days} days. A quarter more than that is kept
        free.
      </p>
    </section>
  );
}

function Peak(props: { title: string; peak: string; used: number; of: number }) {
  const { title, peak, used, of } = props;
  return (
    <>
      <dt>{title}</dt>
      <dd>
        {peak} of {title === 'CPU' ? of / 1000 : sizeText(of)}
        <Meter used={used} of={of} warnsWhenFull />
      </dd>
    </>
  );
}

const freedText = ({ milliCpus, memoryMib }: NonNullable<ApiMeasured['frees']>): string =>
  [
    ...(milliCpus > 0 ? [`${milliCpus / 1000} ${milliCpus === 1000 ? 'CPU' : 'CPUs'}`] : []),
    ...(memoryMib > 0 ? [`${sizeText(memoryMib)} of memory`] : []),
  ].join(' and ');
