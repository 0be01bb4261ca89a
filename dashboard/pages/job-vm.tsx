import type { ApiVm, Resources } from '../../src/wire/api/vms.ts';
import { Meter } from '../parts/meter.tsx';
import { OwnerMark } from '../parts/owner-mark.tsx';
import { cpusText, sizeText, trafficText } from '../parts/sizes.ts';
import { HostLink } from '../parts/subject.tsx';
import { VmState } from '../parts/vm-state.tsx';

/** The VM that ran the job or is to, its size, and the most that it used. */
export function JobVm({ vm, resources }: { vm: ApiVm; resources: Resources | undefined }) {
  return (
    <section className="panel" aria-labelledby="vm">
      <h2 id="vm">VM</h2>
      <dl className="facts">
        <dt>Id</dt>
        <dd>
          <code>{vm.id}</code>
        </dd>
        <dt>State</dt>
        <dd>
          <VmState state={vm.state} />
        </dd>
        {vm.failure !== undefined && (
          <>
            <dt>Failed</dt>
            <dd>
              <OwnerMark owner={vm.failure.owner} />: {vm.failure.reason}
            </dd>
          </>
        )}
        <dt>Host</dt>
        <dd>{vm.host === undefined ? <span className="muted">none yet</span> : <HostLink id={vm.host} />}</dd>
        <Used
          title="CPU"
          peak={resources?.cpuPercentPeak}
          mean={resources?.cpuPercentMean}
          of={vm.milliCpus / 10}
          text={cpuText(vm)}
          unit="%"
        />
        <Used
          title="Memory"
          peak={resources?.memoryMibPeak}
          mean={resources?.memoryMibMean}
          of={vm.memoryMib}
          text={sizeText(vm.memoryMib)}
          unit="MiB"
        />
        <Used
          title="Disk"
          peak={resources?.diskMibPeak}
          mean={undefined}
          of={vm.diskGib * 1024}
          text={`${vm.diskGib} GiB`}
          unit="MiB"
        />
        {resources?.receivedBytes !== undefined && resources.sentBytes !== undefined && (
          <>
            <dt>Network</dt>
            <dd>{trafficText({ receivedBytes: resources.receivedBytes, sentBytes: resources.sentBytes })}</dd>
          </>
        )}
        {vm.tombstone !== undefined && (
          <>
            <dt>Ended</dt>
            <dd>{vm.tombstone.reason}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

const cpuText = ({ milliCpus }: ApiVm): string => `${milliCpus / 1000} CPU`;

function Used(props: {
  title: string;
  peak: number | undefined;
  mean: number | undefined;
  of: number;
  text: string;
  unit: 'MiB' | '%';
}) {
  const { title, peak, mean, of, text, unit } = props;
  const shown = (value: number): string => (unit === 'MiB' ? sizeText(value) : cpusText(value * 10));
  return (
    <>
      <dt>{title}</dt>
      <dd>
        {text}
        {peak !== undefined && (
          <>
            , at most {shown(peak)} used{mean !== undefined && `, ${shown(mean)} on average`}
            <Meter used={peak} of={of} warnsWhenFull />
          </>
        )}
      </dd>
    </>
  );
}
