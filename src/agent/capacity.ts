// What this host offers, the operator's limits taken off. Memory is never promised twice (I6): a VM that does not fit is
// refused, whatever the control plane believes.

import { minutes } from '../domain/time.ts';
import type { HostFacts } from '../ports/host-inspector.ts';
import type { VmRecord } from '../wire/agent-journal.ts';
import type { AgentMessage, DesiredVm } from '../wire/agent-protocol.ts';

export type Capacity = Extract<AgentMessage, { type: 'observed' }>['capacity'];

/** The operator's limits. What is absent follows from the host. */
export interface Offer {
  cpus?: number;
  memoryMib?: number;
  diskGib?: number;
  /** Kept for the host itself. */
  memoryReserveMib: number;
  maxBooting: number;
  labels: readonly string[];
}

export const defaultOffer: Offer = {
  memoryReserveMib: 1024,
  maxBooting: 2,
  labels: [],
};

/** How long facts about the host are taken as true. */
export const factsMs = minutes(1);

/** @param diskBytes what all VMs together may write, with what those that are here have written */
export function capacityOf(
  facts: HostFacts,
  diskBytes: number,
  images: readonly string[],
  offer: Offer,
): Capacity {
  const usable = Math.max(0, facts.memoryMib - offer.memoryReserveMib);
  const diskGib = Math.floor(diskBytes / 1024 ** 3);
  return {
    arch: facts.arch,
    milliCpus: Math.floor(Math.min(offer.cpus ?? facts.cpus, facts.cpus) * 1000),
    memoryMib: Math.min(offer.memoryMib ?? usable, usable),
    diskGib: Math.min(offer.diskGib ?? diskGib, diskGib),
    maxBooting: offer.maxBooting,
    labels: [...offer.labels],
    images: [...images],
  };
}

/** Why a VM cannot be taken beside those that are here; undefined when it can. */
export function refusal(
  wanted: DesiredVm,
  here: readonly VmRecord[],
  capacity: Capacity,
): string | undefined {
  const held = here.reduce((sum, { spec }) => sum + (spec?.memoryMib ?? 0), 0);
  const left = capacity.memoryMib - held;
  return wanted.memoryMib > left
    ? `this host has ${Math.max(0, left)} MiB of memory left for VMs, and it needs ${wanted.memoryMib} MiB`
    : undefined;
}

/**
 * With what is held by VMs of which the control plane does not know. Otherwise it would place VM after VM where there is no
 * room, each refused at once.
 */
export function withStrangers(capacity: Capacity, strangers: readonly VmRecord[]): Capacity {
  if (strangers.length === 0) return capacity;
  const sum = (of: 'memoryMib' | 'milliCpus'): number =>
    strangers.reduce((total, { spec }) => total + (spec?.[of] ?? 0), 0);
  return { ...capacity, strangers: { milliCpus: sum('milliCpus'), memoryMib: sum('memoryMib') } };
}
