import type { VmId } from '../../domain/ids.ts';

/** Of all VMs together: what cannot be written as fast as it comes is lost, and not kept in memory. */
const mostBytes = 4 * 1024 ** 2;

/** Lines that wait to be written, and how many of each VM were lost. */
export class PendingLines {
  readonly #lines = new Map<VmId, string[]>();
  readonly #lost = new Map<VmId, number>();
  #bytes = 0;

  add(vm: VmId, line: string): void {
    if (this.#bytes + line.length > mostBytes) {
      this.lose(vm, 1);
      return;
    }
    const lines = this.#lines.get(vm) ?? [];
    this.#lines.set(vm, lines);
    lines.push(line);
    this.#bytes += line.length;
  }

  lose(vm: VmId, count: number): void {
    this.#lost.set(vm, (this.#lost.get(vm) ?? 0) + count);
  }

  /** All that waits of the VM that waits longest, with how many lines before them were lost. */
  take(): { vm: VmId; lines: readonly string[]; lost: number } | undefined {
    const [first] = this.#lines;
    if (first === undefined) return undefined;
    const [vm, lines] = first;
    this.#lines.delete(vm);
    this.#bytes -= lines.reduce((sum, line) => sum + line.length, 0);
    const lost = this.#lost.get(vm) ?? 0;
    this.#lost.delete(vm);
    return { vm, lines, lost };
  }
}
