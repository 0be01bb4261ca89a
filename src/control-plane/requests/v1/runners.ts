import type { Caller } from '../../../domain/access/caller.ts';
import type { Instant } from '../../../domain/time.ts';
import { type ApiAnswer, answered } from '../../../wire/api/endpoint.ts';
import type { ApiHost } from '../../../wire/api/hosts.ts';
import type { V1Body, V1QueryOf } from '../../../wire/api-v1/endpoints.ts';
import type { RunnerHost } from '../../../wire/api-v1/shapes.ts';
import type { RequestDeps } from '../deps.ts';
import { listHosts } from '../hosts.ts';
import { ownersAsked, serves } from './owners.ts';
import { markdownTable } from './text-table.ts';

const bytesInMib = 1024 * 1024;

export async function runners(
  deps: Pick<RequestDeps, 'store' | 'clock' | 'settings'>,
  query: V1QueryOf<'runners'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const owners = ownersAsked(caller, query.owner);
  const answer = await listHosts(deps, { params: {}, query: {}, body: {} }, caller);
  if (!answer.ok) return answer;
  const seen = owners?.length === 0 ? [] : answer.value.hosts.filter((host) => serves(host, owners));
  const now = deps.clock.now();
  const json = seen.map((host) => ({
    ...describe(host, query.owner?.toLowerCase(), query.images),
    ...uptimeOf(host, now),
  }));
  return answered({ json, text: textOf(json, query.images) });
}

function describe(host: ApiHost, asked: string | undefined, withImages: boolean): RunnerHost {
  const { capacity } = host;
  const customer = asked !== undefined && host.owners.includes(asked) ? asked : host.owners[0];
  return {
    name: host.name,
    customer: customer ?? '',
    status: host.hold?.kind ?? 'running',
    reachable: host.state === 'online',
    ...(host.vitals?.pingMs !== undefined && { pingNano: Math.round(host.vitals.pingMs * 1e6) }),
    ...(capacity !== undefined && {
      cpus: Math.floor(capacity.milliCpus / 1000),
      memory: capacity.memoryMib * bytesInMib,
      memoryAvailable: Math.max(0, capacity.memoryMib - host.usedMemoryMib) * bytesInMib,
      arch: capacity.arch === 'arm64' ? 'arm64' : 'amd64',
    }),
    vms: host.vms,
    ...(host.maxVms !== undefined && { maxVms: host.maxVms }),
    ...(host.version !== undefined && { agentSHA: host.version }),
    ...(withImages && { images: capacity?.images ?? [] }),
  };
}

/** Two clocks: a host's that is ahead of ours may have started its agent in our future. */
function uptimeOf({ vitals }: ApiHost, now: Instant): Pick<RunnerHost, 'uptimeNano'> {
  if (vitals?.agentStartedAt === undefined) return {};
  return { uptimeNano: Math.max(0, now - Date.parse(vitals.agentStartedAt)) * 1e6 };
}

const spans: readonly (readonly [word: string, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** In whole ones of the largest unit that fits, as "6 days". */
function spanOf(nanoseconds: number): string {
  const seconds = Math.floor(nanoseconds / 1e9);
  const [word, length] = spans.find(([, length]) => seconds >= length) ?? (['second', 1] as const);
  const count = Math.floor(seconds / length);
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** What nobody measures is a dash: the columns stay where scripts expect them. */
const unknown = '-';
const head = [
  'NAME',
  'CUSTOMER',
  'STATUS',
  'VMS',
  'PING',
  'UP',
  'CPUS',
  'RAM',
  'FREE RAM',
  'ARCH',
  'VERSION',
];

const textOf = (hosts: readonly RunnerHost[], withImages: boolean): string =>
  markdownTable(
    withImages ? [...head, 'IMAGES'] : head,
    hosts.map((host) => [
      host.name,
      host.customer === '' ? unknown : host.customer,
      host.reachable ? host.status : 'unreachable',
      host.maxVms === undefined ? String(host.vms) : `${host.vms}/${host.maxVms}`,
      host.pingNano === undefined ? unknown : `${Math.round(host.pingNano / 1e6)}ms`,
      host.uptimeNano === undefined ? unknown : spanOf(host.uptimeNano),
      String(host.cpus ?? unknown),
      gigabytes(host.memory),
      gigabytes(host.memoryAvailable),
      host.arch ?? unknown,
      host.agentSHA ?? unknown,
      ...(withImages ? [host.images?.join(' ') || unknown] : []),
    ]),
  );

const gigabytes = (bytes: number | undefined): string =>
  bytes === undefined ? unknown : `${(bytes / 1e9).toFixed(2)}GB`;
