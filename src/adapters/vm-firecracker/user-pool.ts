import type { VmId } from '../../domain/ids.ts';
import { VmStartError } from '../../ports/vm-driver.ts';
import type { UserRange } from './driver-options.ts';

/**
 * A user for each VM, so that a VMM which its guest has taken over can touch nothing of another VM. Who has which is read
 * from the places on disk; what is kept here are only those that are being given out right now.
 */
export class UserPool {
  readonly #range: UserRange;
  readonly #coming = new Map<VmId, number>();
  #last: Promise<unknown> = Promise.resolve();

  /** @throws when root would be among them. */
  constructor(range: UserRange) {
    if (range.first < 1 || range.count < 1)
      throw new Error(
        `VMs must not run as root: their users begin at ${range.first} (1 or more), ${range.count} of them`,
      );
    this.#range = range;
  }

  holds(user: number): boolean {
    return user >= this.#range.first && user < this.#range.first + this.#range.count;
  }

  /** @param taken the users on disk. @throws VmStartError when none is left. */
  take(vm: VmId, taken: () => Promise<ReadonlySet<number>>): Promise<number> {
    const mine = this.#last.then(async () => {
      const used = new Set([...(await taken()), ...this.#coming.values()]);
      const { first, count } = this.#range;
      for (let user = first; user < first + count; user++) {
        if (used.has(user)) continue;
        this.#coming.set(vm, user);
        return user;
      }
      throw new VmStartError(`${vm}: all ${count} users for VMs are taken: give the driver more of them`);
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** The user stands in the VM's place by now, or its start has failed. */
  written(vm: VmId): void {
    this.#coming.delete(vm);
  }
}
