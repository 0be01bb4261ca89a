/** How many VMs may boot at the same time: more cost each other more than they gain. First come, first served. */
export class BootSlots {
  readonly #most: number;
  readonly #booting = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether the VM may boot now. If not, `wake` is called when it is worth asking again. */
  take(vm: string, wake: () => void): boolean {
    if (this.#booting.has(vm)) return true;
    const first = [...this.#waiting.keys()].slice(0, this.#most - this.#booting.size);
    const free =
      this.#booting.size < this.#most &&
      (this.#waiting.size < this.#most - this.#booting.size || first.includes(vm));
    if (!free) {
      if (!this.#waiting.has(vm)) this.#waiting.set(vm, wake);
      return false;
    }
    this.#waiting.delete(vm);
    this.#booting.add(vm);
    return true;
  }

  /** One that boots already, started by an earlier agent process: counted, whether or not there is room. */
  claim(vm: string): void {
    this.#booting.add(vm);
  }

  /** It has booted, or never will. */
  free(vm: string): void {
    const was = this.#waiting.delete(vm) || this.#booting.delete(vm);
    if (was) for (const wake of [...this.#waiting.values()]) wake();
  }
}
