import type { VmId } from '../domain/ids.ts';
import type { VmLogs } from '../ports/vm-logs.ts';

/** Logs that outlive the agent in a simulation. Nothing is too much here: so they are searched for secrets whole. */
export class MemoryVmLogs implements VmLogs {
  readonly #lines = new Map<VmId, string[]>();

  add(vm: VmId, line: string): void {
    const lines = this.#lines.get(vm) ?? [];
    this.#lines.set(vm, lines);
    lines.push(line);
  }

  async read(vm: VmId): Promise<readonly string[]> {
    return [...(this.#lines.get(vm) ?? [])];
  }

  async sweep(): Promise<void> {}

  /** All that is kept, for a search. */
  text(): string {
    return [...this.#lines.values()].flat().join('\n');
  }
}
