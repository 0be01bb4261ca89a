// What an agent does now and then for its host, beside its VMs. None of it may be in their way: what fails is logged, and comes
// again.

import { type ImageDigest, imageDigest } from '../domain/ids.ts';
import { type DurationMs, minutes } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageShelf } from '../ports/image-source.ts';
import type { Log } from '../ports/log.ts';
import type { ScratchDisk } from '../ports/scratch-disk.ts';
import type { DesiredSet } from './desired-set.ts';
import type { Ledger } from './ledger.ts';
import type { VmLogBook } from './vm-log-book.ts';

export interface UpkeepParts {
  ledger: Pick<Ledger, 'state' | 'tell'>;
  disk: Pick<ScratchDisk, 'freeBytes'>;
  desired: Pick<DesiredSet, 'vms' | 'image'>;
  logs: Pick<VmLogBook, 'sweep'>;
  /** Absent: images are left alone. `keep`: so many of those that were wanted before, to go back to. */
  images?: { shelf: Pick<ImageShelf, 'retire'>; keep: number } | undefined;
  clock: Pick<Clock, 'now'>;
  log: Log;
}

const retireMs: DurationMs = minutes(10);
/** With less than this left, what a guest writes fails or is about to. A new VM needs sixteen times as much. */
const fullBytes = 64 * 1024 * 1024;

/** Gives a function that does one round; each part says itself when it is due. It never rejects. */
export function upkeep(parts: UpkeepParts): () => Promise<void> {
  const { ledger, logs, log, clock } = parts;
  let retiredAt = Number.NEGATIVE_INFINITY;
  const attempt = (what: Promise<void>, failed: string): Promise<void> =>
    what.catch((error: unknown) => log.warn(failed, { error }));
  return async () => {
    const living = ledger.state.vms.map(({ vm }) => vm);
    await attempt(tellOfFullDisk(parts), 'VMs cannot be told of as on a full disk');
    await attempt(logs.sweep(living), 'old logs of VMs cannot be removed');
    if (clock.now() - retiredAt < retireMs) return;
    retiredAt = clock.now();
    await attempt(retireImages(parts), 'old images cannot be removed');
  };
}

/** Disks of VMs are sparse, so together they may outgrow the host's. The guest sees errors then, and cannot know why. */
async function tellOfFullDisk({ ledger, disk, log }: UpkeepParts): Promise<void> {
  const freeBytes = await disk.freeBytes();
  if (freeBytes >= fullBytes) return;
  const finding = 'host-disk-full';
  const untold = ledger.state.vms.filter(({ up, said }) => up && !said.includes(`watchdog ${finding}`));
  if (untold.length === 0) return;
  const vms = untold.map(({ vm }) => vm);
  log.error("the disk that holds the VMs' disks is full: free some space there", { freeBytes, vms });
  for (const vm of vms) await ledger.tell(vm, { kind: 'watchdog', finding });
}

/** A VM goes on with the image that it was ordered with, also when it must boot once more. */
async function retireImages({ ledger, desired, images, log }: UpkeepParts): Promise<void> {
  if (images === undefined || desired.image === undefined) return;
  const { vms, warm } = ledger.state;
  const named = [
    ...vms.flatMap(({ spec }) => spec?.image ?? []),
    ...warm.map(({ kind }) => kind.image),
    ...desired.vms.map(({ image }) => image),
  ];
  const used = new Set<ImageDigest>(named.map(imageDigest));
  const order = { wanted: imageDigest(desired.image), keep: images.keep, used };
  const removed = await images.shelf.retire(order);
  if (removed.length > 0) log.info('old images removed', { removed, wanted: order.wanted });
}
