// The hosts, what they offer and what is in use.

import { Link } from 'wouter';
import type { ApiHost } from '../../src/wire/api/hosts.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from '../parts/answered.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Empty } from '../parts/empty.tsx';
import { HostState } from '../parts/host-state.tsx';
import { Meter } from '../parts/meter.tsx';
import { Page } from '../parts/page.tsx';
import { Ago, useNow } from '../parts/time.tsx';
import { OrderButton } from './order-host.tsx';

export function HostsPage() {
  const hosts = useAnswer('listHosts', {}, { everyMs: 5_000 });
  const now = useNow(hosts.data?.now, hosts.dataUpdatedAt);
  return (
    <Page title="Hosts" aside={<Link href="/set-up">Enrol a host</Link>}>
      <Answered query={hosts}>
        {(answer) =>
          answer.hosts.length === 0 ? (
            <Empty title="No host yet">
              <p>
                A host is a Linux server on which VMs start. <Link href="/set-up">Enrol one</Link>: it takes
                one command on the server.
              </p>
            </Empty>
          ) : (
            <DataTable
              caption="Hosts"
              columns={columnsOf(now, answer.image)}
              rows={answer.hosts}
              rowKey={({ id }) => id}
            />
          )
        }
      </Answered>
    </Page>
  );
}

const gib = (mib: number): string => `${(mib / 1024).toFixed(mib < 10_240 ? 1 : 0)}`;

const columnsOf = (now: number, image: string): readonly Column<ApiHost>[] => [
  {
    title: 'Host',
    cell: (host) => (
      <span className="two">
        <Link href={`/hosts/${encodeURIComponent(host.id)}`}>{host.name}</Link>
        <span>
          {[host.capacity?.arch, host.owners.join(', ') || 'all accounts'].filter(Boolean).join(' · ')}
        </span>
      </span>
    ),
  },
  { title: 'State', width: '7.5rem', phoneWidth: '6rem', cell: (host) => <HostState host={host} /> },
  { title: 'VMs', width: '4rem', phoneWidth: '3rem', isNumber: true, cell: ({ vms }) => vms },
  {
    title: 'CPUs held',
    width: '8rem',
    wideOnly: true,
    cell: ({ usedMilliCpus, capacity }) =>
      capacity && (
        <>
          {usedMilliCpus / 1000} of {capacity.milliCpus / 1000}
          <Meter used={usedMilliCpus} of={capacity.milliCpus} warnsWhenFull />
        </>
      ),
  },
  {
    title: 'Memory held',
    width: '9rem',
    wideOnly: true,
    cell: ({ usedMemoryMib, capacity }) =>
      capacity && (
        <>
          {gib(usedMemoryMib)} of {gib(capacity.memoryMib)} GiB
          <Meter used={usedMemoryMib} of={capacity.memoryMib} warnsWhenFull />
        </>
      ),
  },
  {
    title: 'Agent, image',
    width: '10rem',
    wideOnly: true,
    cell: ({ version, capacity }) => (
      <span className="two">
        <span>{version ?? '—'}</span>
        <span>
          {capacity === undefined
            ? ''
            : capacity.images.includes(image)
              ? 'has the image'
              : 'lacks the image'}
        </span>
      </span>
    ),
  },
  {
    title: 'Heard',
    width: '8rem',
    wideOnly: true,
    cell: ({ lastHeardAt }) => (lastHeardAt === undefined ? 'never' : <Ago time={lastHeardAt} now={now} />),
  },
  {
    title: 'Order',
    width: '6.5rem',
    phoneWidth: '6rem',
    isNumber: true,
    cell: (host) => <OrderButton host={host} />,
  },
];
