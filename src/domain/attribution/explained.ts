// One cause shows in many places: on a slow network jobs run longer, and while Bellows is late, rooms are found late. What a
// stronger cause explains opens no incident of its own.

import type { Instant } from '../time.ts';
import type { Incident } from './incident.ts';
import type { Owner } from './owners.ts';
import type { Rules } from './rules.ts';
import { ownerOf, type Sample, type StreamKey } from './sample.ts';
import type { Stream } from './stream.ts';

export interface Explainers {
  readonly owners: ReadonlySet<Owner>;
  readonly hosts: ReadonlySet<string>;
}

/** By the owner of what would be explained: the owners of what explains it. */
const explains = {
  workflow: ['network', 'host'],
  fleet: ['bellows'],
} as const satisfies Partial<Record<Owner, readonly Owner[]>>;
type Explainable = keyof typeof explains;
type Cause = (typeof explains)[Explainable][number];

const causesOf = (owner: Owner): readonly Cause[] | undefined =>
  (explains as Partial<Record<Owner, readonly Cause[]>>)[owner];

export function explainers(open: readonly Incident[]): Explainers {
  const hosts = open.flatMap(({ owner, subject }) =>
    owner === 'host' && subject.startsWith('host:') ? [subject.slice('host:'.length)] : [],
  );
  return { owners: new Set(open.map(({ owner }) => owner)), hosts: new Set(hosts) };
}

/** A host's trouble explains what happens on that host only. */
export function isExplained(sample: Sample, { owners, hosts }: Explainers): boolean {
  const { host } = sample;
  const isOpen = (cause: Cause): boolean =>
    cause === 'host' ? host !== undefined && hosts.has(host) : owners.has(cause);
  return causesOf(ownerOf(sample))?.some(isOpen) ?? false;
}

const phasesOf: Readonly<Record<Cause, readonly string[]>> = {
  network: ['time connecting', 'fail network'],
  host: ['time booting', 'time starting', 'fail host'],
  bellows: ['time noticing', 'fail bellows'],
};

/** Whether something that would explain it is on its way to an alarm. */
export function mayBeExplained(
  key: StreamKey,
  before: ReadonlyMap<StreamKey, Stream>,
  now: ReadonlyMap<StreamKey, Stream>,
  at: Instant,
  rules: Rules,
): boolean {
  const owner = explainableOwner(key);
  if (owner === undefined) return false;
  const starts = explains[owner].flatMap((cause) => phasesOf[cause]);
  return [...before].some(([other, then]) => {
    if (!starts.some((start) => other.startsWith(`${start} `))) return false;
    const stream = now.get(other) ?? then;
    const recent = at - stream.lastAt <= 2 * rules.patienceMs;
    return recent && stream.evidence >= rules.openAt / 3 && (stream.alarmedAt ?? at) === at;
  });
}

/** What may be explained by another's trouble; undefined for all else. */
function explainableOwner(key: StreamKey): Explainable | undefined {
  if (/^(time running|fail workflow) /.test(key)) return 'workflow';
  return /^(time placing|fail fleet) /.test(key) ? 'fleet' : undefined;
}

/** Whether an incident of `cause` that has just opened takes away what spoke for one of this stream. */
export const isTakenBy = (key: StreamKey, cause: Owner): boolean => {
  const owner = explainableOwner(key);
  return owner !== undefined && explains[owner].some((one) => one === cause);
};
