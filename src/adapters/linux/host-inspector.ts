import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { instantOf } from '../../domain/time.ts';
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
    // random(4), "boot_id"; proc(5), /proc/stat "btime": seconds since 1970.
    async boot() {
      const id = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
      const since = /^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1];
      if (since === undefined) throw new Error('/proc/stat does not tell when the host was booted');
      return { id, at: instantOf(Number(since) * 1000) };
    },
  };
}
