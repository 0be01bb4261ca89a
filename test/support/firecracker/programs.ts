// Writes the two stand-in programs: executables that Node runs. What they are told stands in them, since the jailer passes
// no environment on.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDescription } from './description.ts';
import type { Faults, Release, StandInSettings } from './settings.ts';

export interface StandIn {
  firecracker: string;
  jailer: string;
  /** Plays the mount point of cgroup v2. */
  cgroupRoot: string;
  /** What goes wrong from the next start on. */
  setFaults(faults: Faults): void;
}

export function writeStandIn(folder: string, release: Release): StandIn {
  const cgroupRoot = join(folder, 'cgroup');
  mkdirSync(cgroupRoot, { recursive: true });
  const settings: StandInSettings = {
    release,
    description: join(folder, 'description.json'),
    faults: join(folder, 'faults.json'),
    cgroupRoot,
  };
  writeDescription(release, settings.description);
  const setFaults = (faults: Faults): void => writeFileSync(settings.faults, JSON.stringify(faults));
  setFaults({});
  const program = (name: string, module: URL): string => {
    const path = join(folder, name);
    const text = `#!${process.execPath}\nimport(${JSON.stringify(module.href)}).then(({ main }) => main(${JSON.stringify(settings)}));\n`;
    writeFileSync(path, text, { mode: 0o755 });
    return path;
  };
  return {
    firecracker: program('firecracker', new URL('./vmm-program.ts', import.meta.url)),
    jailer: program('jailer', new URL('./jailer-program.ts', import.meta.url)),
    cgroupRoot,
    setFaults,
  };
}
