// The desired set that this agent goes by, and whether a newly come one replaces it. Orders of an older life of the database
// are heard, but a life that was left is not gone back to while the newer one speaks.

import type { VmId } from '../domain/ids.ts';
import { type DesiredVersion, replaces } from '../domain/scheduling/reconcile-host.ts';
import { minutes } from '../domain/time.ts';
import type { ControlPlaneMessage, DesiredVm } from '../wire/agent-protocol.ts';

export type DesiredMessage = Extract<ControlPlaneMessage, { type: 'desired' }>;

/** A stale replica is not listened to for so long after the newer one spoke. */
const quarantineMs = minutes(10);

export class DesiredSet {
  #current: DesiredMessage | undefined;
  /** May change without anything else: then no generation is raised. */
  #image: string | undefined;
  /** What an earlier agent process had taken in. */
  readonly #before: DesiredVersion | undefined;
  readonly #left = new Set<string>();
  #heardAt = 0;

  constructor(before: DesiredVersion) {
    this.#before = before.epoch === '' ? undefined : before;
  }

  /** Whether the message was taken. */
  take(message: DesiredMessage, now: number): boolean {
    const current = this.#current ?? this.#olderThanBefore;
    const stale = this.#left.has(message.epoch) && now - this.#heardAt < quarantineMs;
    if (stale || !replaces(message, current)) {
      if (message.epoch === current?.epoch) this.#heardAt = now;
      if (message.epoch === current?.epoch && message.generation === current.generation)
        this.#image = message.image ?? this.#image;
      return false;
    }
    if (current !== undefined && current.epoch !== message.epoch) this.#left.add(current.epoch);
    this.#left.delete(message.epoch);
    this.#current = message;
    this.#image = message.image ?? this.#image;
    this.#heardAt = now;
    return true;
  }

  /** Whether an operator holds the host back. */
  get held(): boolean {
    return this.#current?.held === true;
  }

  /** The image that new VMs are given, where the control plane has said so. */
  get image(): string | undefined {
    return this.#image;
  }

  /** The same set again is welcome: sealed configurations are in no journal. */
  get #olderThanBefore(): DesiredVersion | undefined {
    const before = this.#before;
    return before === undefined ? undefined : { ...before, generation: before.generation - 1 };
  }

  /** What an earlier process had taken in, as long as this one has nothing; what is older is passed over. */
  get remembers(): DesiredVersion | undefined {
    return this.#current === undefined ? this.#before : undefined;
  }

  /** What this process has taken in; empty and 0 before the first. */
  get version(): DesiredVersion {
    return { epoch: this.#current?.epoch ?? '', generation: this.#current?.generation ?? 0 };
  }

  get vms(): readonly DesiredVm[] {
    return this.#current?.vms ?? [];
  }

  get tombstones(): DesiredMessage['tombstones'] {
    return this.#current?.tombstones ?? [];
  }

  vm(id: VmId): DesiredVm | undefined {
    return this.vms.find(({ vm }) => vm === id);
  }

  /** Whether the control plane has spoken of the VM; undefined before it has spoken at all. */
  knows(id: string): boolean | undefined {
    if (this.#current === undefined) return undefined;
    return this.vms.some(({ vm }) => vm === id) || this.tombstones.some(({ vm }) => vm === id);
  }
}
