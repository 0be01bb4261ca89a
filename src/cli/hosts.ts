import type { ApiHost } from '../wire/api/hosts.ts';
import { age } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

/** `bellows hosts` */
export const hosts = (): Command => async (api) =>
  outcomeOf(await api.call('listHosts'), (value) => ({
    ok: true,
    json: value,
    text:
      value.hosts.length === 0
        ? 'No hosts. Make a token with `bellows host enrol-token`, then start `bellows agent` on a server.'
        : table(
            head,
            value.hosts.map((host) => row(host, value)),
          ),
  }));

const head = [
  'host',
  'name',
  'state',
  'vms',
  'cpus',
  'memory',
  'image',
  'labels',
  'owners',
  'version',
  'heard',
];

const row = (host: ApiHost, { now, image }: { now: string; image: string }): string[] => [
  host.id,
  host.name,
  host.hold === undefined ? host.state : `${host.state}, ${host.hold.kind}`,
  String(host.vms),
  `${cpus(host.usedMilliCpus)}/${host.capacity ? cpus(host.capacity.milliCpus) : '?'}`,
  `${gib(host.usedMemoryMib)}/${host.capacity ? gib(host.capacity.memoryMib) : '?'} GiB`,
  imageWord(host, image),
  host.capacity?.labels.join(',') ?? '',
  host.owners.join(',') || 'all',
  host.version ?? '',
  host.lastHeardAt === undefined ? 'never' : `${age(host.lastHeardAt, now)} ago`,
];

/** Whether it has the image that new VMs are given. */
const imageWord = ({ capacity }: ApiHost, image: string): string => {
  if (capacity === undefined) return '?';
  return capacity.images.includes(image) ? 'current' : 'missing';
};

const cpus = (milli: number): string => String(Math.round(milli / 100) / 10);
const gib = (mib: number): string => String(Math.round(mib / 102.4) / 10);
