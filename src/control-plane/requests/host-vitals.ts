// How a host does, as a caller may see it.

import { type Caller, sees } from '../../domain/access/caller.ts';
import { type HostVitals, imageInUse } from '../../domain/hosts/vitals.ts';
import type { ImageDigest } from '../../domain/ids.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import { toIso } from '../../domain/time.ts';
import type { ApiHost } from '../../wire/api/hosts.ts';

type Described = Pick<ApiHost, 'vitals' | 'image'>;

/** Load, memory and traffic are of all who use a host, so only who sees all of them may see those (I9). */
const seesWhole = (caller: Caller, { owners }: Host): boolean =>
  caller.reach === 'all' || (owners.length > 0 && owners.every((owner) => sees(caller, owner)));

/** @param host with all its owners, not narrowed to the caller's. */
export function describeVitals(
  caller: Caller,
  host: Host,
  vitals: HostVitals | undefined,
  wanted: ImageDigest,
): Described {
  if (vitals === undefined) return {};
  const { at, roundTripMs, told } = vitals;
  const image = imageInUse(vitals, wanted);
  return {
    vitals: {
      at: toIso(at),
      ...(roundTripMs !== undefined && { pingMs: roundTripMs }),
      ...(told !== undefined && {
        processors: told.processors,
        memoryBytes: told.memoryBytes,
        diskBytes: told.diskBytes,
        kernel: told.kernel,
        ...(told.agentStartedAt !== undefined && { agentStartedAt: toIso(told.agentStartedAt) }),
        ...(seesWhole(caller, host) && busyness(told)),
      }),
    },
    ...(image !== undefined && { image: describeImage(image) }),
  };
}

function busyness(told: NonNullable<HostVitals['told']>): Partial<NonNullable<Described['vitals']>> {
  const [oneMinute, fiveMinutes, fifteenMinutes] = told.load;
  return {
    load: { oneMinute, fiveMinutes, fifteenMinutes },
    memoryUsedBytes: Math.max(0, told.memoryBytes - told.memoryAvailableBytes),
    diskFreeBytes: told.diskFreeBytes,
    ...(told.egress !== undefined && { egress: told.egress }),
  };
}

function describeImage({
  digest,
  builtAt,
  runner,
}: NonNullable<ReturnType<typeof imageInUse>>): NonNullable<Described['image']> {
  return {
    digest,
    ...(builtAt !== undefined && { builtAt: toIso(builtAt) }),
    ...(runner !== undefined && {
      runner: {
        version: runner.version,
        ...(runner.releasedAt !== undefined && { releasedAt: toIso(runner.releasedAt) }),
      },
    }),
  };
}
