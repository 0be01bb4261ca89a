// What VMs have received and sent over their taps. A tap's counter goes with its VM, so what it had counted is added up.

import type { VmId } from '../ids.ts';

export interface Traffic {
  receivedBytes: number;
  sentBytes: number;
}

export interface TrafficSum {
  /** Of all VMs since the sum was begun, also of those that are gone. */
  all: Traffic;
  /** What the taps that are there had counted at the last look. */
  seen: ReadonlyMap<VmId, Traffic>;
}

/** A sum from here on: what these taps have counted before is not in it. */
export const sumFrom = (counts: TrafficSum['seen']): TrafficSum => ({
  all: { receivedBytes: 0, sentBytes: 0 },
  seen: counts,
});

/** With what came since the last look. A tap that has counted less than before is a new one of the same VM. */
export function summedUp({ all, seen }: TrafficSum, counts: TrafficSum['seen']): TrafficSum {
  let { receivedBytes, sentBytes } = all;
  for (const [vm, count] of counts) {
    const before = seen.get(vm);
    const isSame =
      before !== undefined &&
      before.receivedBytes <= count.receivedBytes &&
      before.sentBytes <= count.sentBytes;
    receivedBytes += count.receivedBytes - (isSame ? before.receivedBytes : 0);
    sentBytes += count.sentBytes - (isSame ? before.sentBytes : 0);
  }
  return { all: { receivedBytes, sentBytes }, seen: counts };
}
