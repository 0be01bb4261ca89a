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
  'load',
  'free mem',
  'ping',
  'image',
  'runner',
  'labels',
  'owners',
  'version',
  'heard',
];

const row = (host: ApiHost, { now, image }: { now: string; image: string }): string[] => [
  host.id,
  host.name,
  host.hold === undefined ? host.state : `${host.state}, ${host.hold.kind}`,
  host.maxVms === undefined ? String(host.vms) : `${host.vms}/${host.maxVms}`,
  `${cpus(host.usedMilliCpus)}/${host.capacity ? cpus(host.capacity.milliCpus) : '?'}`,
  `${gib(host.usedMemoryMib)}/${host.capacity ? gib(host.capacity.memoryMib) : '?'} GiB`,
  ...busyness(host),
  imageWord(host, image, now),
  host.image?.runner?.version ?? '',
  host.capacity?.labels.join(',') ?? '',
  host.owners.join(',') || 'all',
  host.version ?? '',
  host.lastHeardAt === undefined ? 'never' : `${age(host.lastHeardAt, now)} ago`,
];

/** Whether it has the image that new VMs are given, and how old the one is that it has. */
const imageWord = ({ capacity, image: own }: ApiHost, image: string, now: string): string => {
  if (capacity === undefined) return '?';
  const word = capacity.images.includes(image) ? 'current' : 'missing';
  return own?.builtAt === undefined ? word : `${word}, ${age(own.builtAt, now)} old`;
};

/** Load by the minute, memory that is free on the machine, the way there and back; blank where it is not known. */
const busyness = ({
  vitals: { load, memoryBytes, memoryUsedBytes, pingMs } = { at: '' },
}: ApiHost): string[] => [
  load === undefined ? '' : load.oneMinute.toFixed(1),
  memoryBytes === undefined || memoryUsedBytes === undefined
    ? ''
    : `${gib((memoryBytes - memoryUsedBytes) / 2 ** 20)} GiB`,
  pingMs === undefined ? '' : `${pingMs < 10 ? pingMs.toFixed(1) : Math.round(pingMs)} ms`,
];

const cpus = (milli: number): string => String(Math.round(milli / 100) / 10);
const gib = (mib: number): string => String(Math.round(mib / 102.4) / 10);
