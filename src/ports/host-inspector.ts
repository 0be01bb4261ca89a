import type { Arch } from '../domain/scheduling/shape.ts';

/** What the host has in all, whoever uses it. */
export interface HostInspector {
  inspect(): Promise<HostFacts>;
}

export interface HostFacts {
  arch: Arch;
  /** Processors that this process may use. */
  cpus: number;
  memoryMib: number;
}
