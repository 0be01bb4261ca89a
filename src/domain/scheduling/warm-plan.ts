// The warm pool of one host: VMs that are booted and belong to no job, so that a job which fits one starts at once. They are
// worth less than any VM that was asked for: they give up their memory to it, and boot only while nothing else does.

/** What a VM and an order for one must have in common. */
export interface WarmKind {
  vcpus: number;
  milliCpus: number;
  memoryMib: number;
  diskGib: number;
  burstable: boolean;
  /** Digest. */
  image: string;
}

export interface WarmTarget {
  kind: WarmKind;
  /** How many to have ready. */
  count: number;
}

export interface WarmMachine {
  machine: string;
  kind: WarmKind;
  /** Its guest answered. */
  ready: boolean;
  /** Older ones are replaced: a guest that waited for days is no fresh machine. */
  expired: boolean;
}

export interface WarmPlan {
  /** To be removed. */
  retire: readonly string[];
  /** To be booted; one at a time, so that it takes little from whoever comes meanwhile. */
  start: WarmKind | undefined;
}

export const isSameKind = (a: WarmKind, b: WarmKind): boolean =>
  a.vcpus === b.vcpus &&
  a.milliCpus === b.milliCpus &&
  a.memoryMib === b.memoryMib &&
  a.diskGib === b.diskGib &&
  a.burstable === b.burstable &&
  a.image === b.image;

/**
 * @param freeMemoryMib of what the host offers, when all VMs that were asked for and all warm ones are taken off; negative
 * when a VM was asked for that fits only where warm ones are
 * @param isBusy a VM that was asked for is not up yet
 */
export function planWarm(
  targets: readonly WarmTarget[],
  machines: readonly WarmMachine[],
  freeMemoryMib: number,
  isBusy: boolean,
): WarmPlan {
  const kept: WarmMachine[] = [];
  const retire: string[] = [];
  // Ready ones first: what is thrown away is what has cost least.
  for (const machine of machines.toSorted((a, b) => Number(b.ready) - Number(a.ready))) {
    const wanted = targets.find(({ kind }) => isSameKind(kind, machine.kind))?.count ?? 0;
    const here = kept.filter(({ kind }) => isSameKind(kind, machine.kind)).length;
    if (machine.expired || here >= wanted) retire.push(machine.machine);
    else kept.push(machine);
  }
  let free = freeMemoryMib + memoryOf(machines) - memoryOf(kept);
  while (free < 0) {
    const last = kept.pop();
    if (last === undefined) break;
    retire.push(last.machine);
    free += last.kind.memoryMib;
  }
  const mayStart = !isBusy && retire.length === 0 && kept.every(({ ready }) => ready);
  const missing = targets.find(
    ({ kind, count }) =>
      kind.memoryMib <= free && kept.filter((machine) => isSameKind(kind, machine.kind)).length < count,
  );
  return { retire, start: mayStart ? missing?.kind : undefined };
}

const memoryOf = (machines: readonly WarmMachine[]): number =>
  machines.reduce((sum, { kind }) => sum + kind.memoryMib, 0);
