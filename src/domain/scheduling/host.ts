// A host as placement sees it.

import type { HostId, ImageDigest, VmId } from '../ids.ts';
import type { Instant } from '../time.ts';
import type { Arch } from './shape.ts';

/** What a host offers, as its agent reports it. Limits by the operator are already taken off. */
export interface HostCapacity {
  arch: Arch;
  milliCpus: number;
  /** Memory that VMs may have in all, the host's own reserve taken off. */
  memoryMib: number;
  diskGib: number;
  /** How many VMs may start or boot at the same time. */
  maxBooting: number;
  labels: readonly string[];
  images: readonly ImageDigest[];
  /** What VMs hold of it that our books do not know, as after a restored database. */
  strangers?: { milliCpus: number; memoryMib: number };
}

/** What an operator decided about a host: `draining` takes no new VMs; `disabled` also stays so when the host enrols anew. */
export interface Hold {
  kind: 'draining' | 'disabled';
  /** Who said so, as they call themselves, and why. */
  by: string;
  why: string;
  since: Instant;
}

export interface Host {
  id: HostId;
  name: string;
  /** Lower-cased accounts that may use it; empty means every account that we serve. */
  owners: readonly string[];
  /** JSON Web Keys, public parts only: one to verify its signatures, one to seal secrets to. */
  signingKey: Readonly<Record<string, unknown>>;
  sealingKey: Readonly<Record<string, unknown>>;
  /** Whether its agent is heard. */
  state: 'online' | 'silent';
  /** Absent: it is active. No agent and no control plane lifts it, only an operator. */
  hold?: Hold;
  capacity?: HostCapacity;
  version?: string;
  lastHeardAt?: Instant;
  enrolledAt: Instant;
  /** A machine enrolled it, as a fleet that scales by itself does: when it is gone for long it is removed. */
  auto?: boolean;
  /** VMs that its agent has, and that our books do not know or hold for gone; absent when there are none. */
  strangers?: readonly VmId[];
  /** The highest number of the agent's events that was taken in. */
  heardUpTo?: number;
  /** Raised by every change of what the host shall do; part of its desired set. */
  generation: number;
  /** Raised by each write, as for jobs and VMs. */
  revision: number;
}
