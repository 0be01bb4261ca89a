// Which VMs this agent process holds, and what happens when starts, adoptions and stops of one VM meet.

import type { VmId } from '../../domain/ids.ts';
import type { HeldVm } from './driver-options.ts';

type Coming = Promise<HeldVm | undefined>;

export class HeldVms {
  readonly #held = new Map<VmId, Coming>();
  /** One for all starts of a VM since its last stop: they share their process, and their end. */
  readonly #starts = new Map<VmId, AbortController>();

  get(vm: VmId): Coming | undefined {
    return this.#held.get(vm);
  }

  /** One way at a time for each VM: a second caller gets what the first one got. */
  hold(vm: VmId, make: () => Coming): Coming {
    return this.#held.get(vm) ?? this.keep(vm, make());
  }

  keep(vm: VmId, coming: Coming): Coming {
    this.#held.set(vm, coming);
    const forget = () => {
      if (this.#held.get(vm) === coming) this.#held.delete(vm);
    };
    coming.then((got) => (got === undefined ? forget() : got.running.ended.then(forget)), forget);
    return coming;
  }

  /** Aborted when the starts of this VM are called off. */
  startsOf(vm: VmId): AbortSignal {
    const own = this.#starts.get(vm) ?? new AbortController();
    this.#starts.set(vm, own);
    return own.signal;
  }

  callOff(vm: VmId, reason: unknown): void {
    this.#starts.get(vm)?.abort(reason);
    this.#starts.delete(vm);
  }

  release(): void {
    for (const coming of this.#held.values()) coming.then((got) => got?.letGo()).catch(() => undefined);
    this.#held.clear();
  }
}
