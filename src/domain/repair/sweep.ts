// Which runner registrations are leftovers of ours. Staging and production share organisations, and people register runners
// by hand: so only names of exactly our own form, with this installation's random tag, are ever touched; and only when the
// VM is gone and the runner was seen offline twice, far enough apart that no registration call can be about to use it.

import type { RunnerId, RunnerName, VmId } from '../ids.ts';
import { vmId } from '../ids.ts';
import type { DurationMs, Instant } from '../time.ts';
import { between, minutes } from '../time.ts';

/** A registration as GitHub's list shows it. */
export interface Registration {
  id: RunnerId;
  name: RunnerName;
  online: boolean;
  busy: boolean;
}

/** When each leftover was first seen: by the account or repository that lists it, then by the runner's id. */
export interface SweepState {
  looks: Readonly<Record<string, Readonly<Record<string, Instant>>>>;
}

export interface SweepPlan {
  /** Leftovers: ask GitHub to delete them. */
  remove: readonly Registration[];
  /** Seen as a leftover for the first time. */
  remember: readonly Registration[];
  /** Remembered, and not a leftover any more: online, deleted by somebody, or its VM is known again. */
  forget: readonly RunnerId[];
}

/** How far apart the two looks must be. */
export const looksApartMs: DurationMs = minutes(10);

/** `bellows-<tag>-<12 letters>`, and `.2`, `.3` … when a name had to be given up. */
const namePattern = /^bellows-(.+)-([0-9a-hjkmnp-tv-z]{12})(?:\.\d{1,6})?$/;

/** Whose VM a registration's name stands for; undefined when the name is not of this installation. */
export function vmOfRunnerName(tag: string, name: string): VmId | undefined {
  const [, named, id] = namePattern.exec(name) ?? [];
  return named === tag && id !== undefined ? vmId(`vm-${id}`) : undefined;
}

/**
 * @param registrations everything that GitHub lists in one scope.
 * @param isLiving whether a row of this VM is there that is not gone. While it is, whoever registered the name may still use it.
 * @param looks when each was first seen as a leftover, by the runner's id, in this scope.
 */
export function planSweep(
  tag: string,
  registrations: readonly Registration[],
  isLiving: (vm: VmId) => boolean,
  looks: ReadonlyMap<RunnerId, Instant>,
  now: Instant,
): SweepPlan {
  const leftovers = registrations.filter(({ name, online, busy }) => {
    const vm = vmOfRunnerName(tag, name);
    return vm !== undefined && !online && !busy && !isLiving(vm);
  });
  const ids = new Set(leftovers.map(({ id }) => id));
  const firstSeen = ({ id }: Registration): Instant | undefined => looks.get(id);
  return {
    remove: leftovers.filter((it) => between(firstSeen(it) ?? now, now) >= looksApartMs),
    remember: leftovers.filter((it) => firstSeen(it) === undefined),
    forget: [...looks.keys()].filter((id) => !ids.has(id)),
  };
}
