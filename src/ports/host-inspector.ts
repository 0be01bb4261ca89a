import type { Arch } from '../domain/scheduling/shape.ts';
import type { Instant } from '../domain/time.ts';

/** What the host has in all, whoever uses it. */
export interface HostInspector {
  inspect(): Promise<HostFacts>;
  /** The boot that the host is in: nothing that runs on it is older. */
  boot(): Promise<HostBoot>;
}

export interface HostBoot {
  /** Another one after each boot. */
  id: string;
  /** When it was, by the host's own clock. */
  at: Instant;
}

export interface HostFacts {
  arch: Arch;
  /** Processors that this process may use. */
  cpus: number;
  memoryMib: number;
}
