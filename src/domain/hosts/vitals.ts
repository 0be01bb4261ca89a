// How a host does: what its agent reads of it now and then, and how far away it is. For people and metrics; placement never
// looks at it, since a host promises by its books and not by its load.

import type { HostId, ImageDigest } from '../ids.ts';
import type { DurationMs, Instant } from '../time.ts';

/** As the agent told it. */
export interface ToldVitals {
  /** Processes that run or wait, averaged over 1, 5 and 15 minutes. */
  load: readonly [number, number, number];
  processors: number;
  memoryBytes: number;
  /** What new programs could have without swapping. */
  memoryAvailableBytes: number;
  /** The file system with the VMs' disks. */
  diskBytes: number;
  diskFreeBytes: number;
  /** Over the interfaces of the default routes since the boot, VMs' and the host's own; absent where there is no route. */
  egress?: { receivedBytes: number; sentBytes: number };
  /** The host's own, not that of its VMs. */
  kernel: string;
  /** By the agent's own clock. */
  agentStartedAt?: Instant;
  /** The newest images first. */
  images: readonly ImageAge[];
}

/** How old an image is, and the runner in it. Times are absent where the image does not tell them. */
export interface ImageAge {
  digest: ImageDigest;
  builtAt?: Instant;
  runner?: { version: string; releasedAt?: Instant };
}

export interface HostVitals {
  host: HostId;
  /** When they were taken in, by the control plane's clock. */
  at: Instant;
  /** From the control plane to the agent and back, over the open link. */
  roundTripMs?: DurationMs;
  /** Absent: its agent is too old to tell. */
  told?: ToldVitals;
}

/** The image that new VMs are given, if the host has it; its newest one otherwise. */
export const imageInUse = ({ told }: HostVitals, wanted: ImageDigest): ImageAge | undefined =>
  told?.images.find(({ digest }) => digest === wanted) ?? told?.images[0];
