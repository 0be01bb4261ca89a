import { availableParallelism, totalmem } from 'node:os';
import type { HostInspector } from '../../ports/host-inspector.ts';

/** The host as its kernel tells it. In a container, memory limits of the container are not seen: set yours by configuration. */
export function linuxHostInspector(): HostInspector {
  return {
    async inspect() {
      if (process.arch !== 'x64' && process.arch !== 'arm64')
        throw new Error(`VMs need an x64 or arm64 processor, and this one is ${process.arch}`);
      return {
        arch: process.arch,
        cpus: availableParallelism(),
        memoryMib: Math.floor(totalmem() / 2 ** 20),
      };
    },
  };
}
