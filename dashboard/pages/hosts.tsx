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
import { pingText } from '../parts/sizes.ts';
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

const mib = 1024 * 1024;

/** More work waits than it has processors. */
const isBusy = (vitals: ApiHost['vitals']): boolean =>
  vitals?.load !== undefined && vitals.load.oneMinute > 1.5 * (vitals.processors ?? Number.POSITIVE_INFINITY);

/** Whether it has what new VMs start from, how old that is, and the runner's version, since GitHub refuses old ones. */
function imageText({ capacity, image }: ApiHost, wanted: string, now: number): string {
  if (capacity === undefined) return '';
  if (!capacity.images.includes(wanted)) return 'lacks the image';
  const days = image?.builtAt && Math.floor((now - Date.parse(image.builtAt)) / 86_400_000);
  const told = [
    typeof days === 'number' && `image ${days} d`,
    image?.runner && `runner ${image.runner.version}`,
  ];
  return told.filter(Boolean).join(', ') || 'has the image';
}

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
  {
    title: 'VMs',
    width: '5.5rem',
    phoneWidth: '4rem',
    cell: ({ vms, maxVms }) => (
      <>
        {maxVms === undefined ? vms : `${vms} of ${maxVms}`}
        {maxVms !== undefined && <Meter used={vms} of={maxVms} warnsWhenFull />}
      </>
    ),
  },
  {
    title: 'CPUs, load',
    width: '7rem',
    wideOnly: true,
    cell: ({ usedMilliCpus, capacity, vitals }) => (
      <span className="two">
        <span>{capacity && `${usedMilliCpus / 1000} of ${capacity.milliCpus / 1000} held`}</span>
        <span className={isBusy(vitals) ? 'late' : ''}>
          {vitals?.load !== undefined && `load ${vitals.load.oneMinute.toFixed(1)}`}
        </span>
      </span>
    ),
  },
  {
    title: 'Memory',
    width: '9.5rem',
    wideOnly: true,
    cell: ({ usedMemoryMib, capacity, vitals }) => (
      <span className="two">
        <span>{capacity && `${gib(usedMemoryMib)} of ${gib(capacity.memoryMib)} GiB held`}</span>
        <span>
          {vitals?.memoryUsedBytes !== undefined && `${gib(vitals.memoryUsedBytes / mib)} GiB used`}
        </span>
      </span>
    ),
  },
  {
    title: 'Agent, image',
    width: '13rem',
    wideOnly: true,
    cell: (host) => (
      <span className="two">
        <span>{host.version ?? '—'}</span>
        <span>{imageText(host, image, now)}</span>
      </span>
    ),
  },
  {
    title: 'Heard, ping',
    width: '7.5rem',
    wideOnly: true,
    cell: ({ lastHeardAt, vitals, state }) => (
      <span className="two">
        <span>{lastHeardAt === undefined ? 'never' : <Ago time={lastHeardAt} now={now} />}</span>
        <span>{state === 'online' && vitals?.pingMs !== undefined && pingText(vitals.pingMs)}</span>
      </span>
    ),
  },
  {
    title: 'Order',
    width: '6.5rem',
    phoneWidth: '6rem',
    isNumber: true,
    cell: (host) => <OrderButton host={host} />,
  },
];
