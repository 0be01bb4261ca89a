// One host: what it offers, its VMs, and what happened to it.

import { Link } from 'wouter';
import type { ApiVm } from '../../src/wire/api/vms.ts';
import { useMayOperate } from '../api/sign-in.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { Empty } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { ClockTime, Since, useNow } from '../parts/time.tsx';
import { VmState } from '../parts/vm-state.tsx';
import { HostFacts } from './host-facts.tsx';
import { HostVitals } from './host-vitals.tsx';
import { OrderButton } from './order-host.tsx';

export function HostPage({ id }: { id: string }) {
  const mayOperate = useMayOperate();
  const detail = useAnswer('getHost', { params: { host: id } }, { everyMs: 5_000 });
  const now = useNow(detail.data?.now, detail.dataUpdatedAt);
  const host = detail.data?.host;
  return (
    <Page title={host?.name ?? 'Host'} aside={host && <OrderButton host={host} />}>
      <Answered query={detail}>
        {(answer) => (
          <div className="split">
            <div className="split-side">
              <HostFacts host={answer.host} now={now} />
              <HostVitals host={answer.host} now={now} />
              {mayOperate && <Events host={answer.host.id} />}
            </div>
            <Vms vms={answer.vms} now={now} />
          </div>
        )}
      </Answered>
    </Page>
  );
}

function Vms({ vms, now }: { vms: readonly ApiVm[]; now: number }) {
  if (vms.length === 0) {
    return (
      <Empty title="No VM is here">
        <p>
          Jobs that fit this host get one as they come. <Link href="/queue">The queue</Link> says of each why
          it waits.
        </p>
      </Empty>
    );
  }
  return (
    <section className="table-frame" aria-label="VMs">
      <table>
        <caption className="unseen">VMs of this host, newest first</caption>
        <colgroup>
          <col />
          <col style={{ width: '7.5rem' }} />
          <col style={{ width: '8rem' }} className="wide-only" />
          <col style={{ width: '8rem' }} />
          <col style={{ width: '7rem' }} className="wide-only" />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">VM</th>
            <th scope="col">State</th>
            <th scope="col" className="wide-only">
              Size
            </th>
            <th scope="col">Job</th>
            <th scope="col" className="number wide-only">
              For
            </th>
          </tr>
        </thead>
        <tbody>
          {vms.map((vm) => (
            <VmRow key={vm.id} vm={vm} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

const VmRow = ({ vm, now }: { vm: ApiVm; now: number }) => (
  <tr>
    <th scope="row">
      <span className="two">
        <code>{vm.id}</code>
        {vm.failure !== undefined && <span>{vm.failure.reason}</span>}
      </span>
    </th>
    <td>
      <VmState state={vm.state} />
    </td>
    <td className="wide-only">
      {vm.milliCpus / 1000} CPU, {vm.memoryMib / 1024} GiB
    </td>
    <td>{vm.job === undefined ? '—' : <Link href={`/jobs/${vm.job}`}>{vm.job}</Link>}</td>
    <td className="number wide-only">
      <Since time={vm.since} now={now} />
    </td>
  </tr>
);

function Events({ host }: { host: string }) {
  const story = useAnswer('hostEvents', { params: { host } }, { everyMs: 10_000 });
  return (
    <section className="panel" aria-label="What happened">
      <h2>What happened</h2>
      <Answered query={story}>
        {({ events }) =>
          events.length === 0 ? (
            <p className="muted">Nothing yet.</p>
          ) : (
            <dl className="facts">
              {events
                .toReversed()
                .slice(0, 30)
                .map((event) => (
                  <div key={`${event.at} ${event.event}`} className="fact-pair">
                    <dt>
                      <ClockTime time={event.at} />
                    </dt>
                    <dd>{event.event}</dd>
                  </div>
                ))}
            </dl>
          )
        }
      </Answered>
    </section>
  );
}
