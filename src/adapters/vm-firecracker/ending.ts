// How a VM's processes are ended and its place is cleared, whoever made them.

import type { VmId } from '../../domain/ids.ts';
import { emptyControlGroup } from './control-group.ts';
import type { FirecrackerDriverOptions } from './driver-options.ts';
import { placeOf } from './jail.ts';
import { tapIsFree } from './tap.ts';
import { clearPlace, recordOf } from './vm-place.ts';
import type { VmProcess } from './vm-processes.ts';

const lookMs = 5;
const longestMs = 10_000;

type Look = () => Promise<readonly VmProcess[]>;

/**
 * SIGKILL: Firecracker has no handler for SIGTERM, and the disk is thrown away. Each process is killed as the one that was
 * seen, by its start time. Resolves when none is left.
 */
export async function killAll(vm: VmId, look: Look, options: FirecrackerDriverOptions): Promise<void> {
  const { clock, processes } = options;
  const deadline = clock.now() + longestMs;
  for (;;) {
    const left = await look();
    if (left.length === 0) return;
    if (clock.now() > deadline)
      throw new Error(`${vm}: process ${left[0]?.pid} does not end, though it was killed`);
    await Promise.all(left.map((one) => processes.kill(one)));
    await clock.sleep(lookMs);
  }
}

/**
 * The order is Firecracker's users' experience: process, tap, control group, then files. Group and tap themselves are taken
 * away by whoever made them. May be called again, and for what a crashed agent left.
 * @param ended resolves when what this agent process holds of the VM has ended.
 */
export async function endVm(
  vm: VmId,
  { look, ended }: { look: Look; ended: () => Promise<void> },
  options: FirecrackerDriverOptions,
): Promise<void> {
  const record = await recordOf(placeOf(vm, options.folder));
  // A jailer that an agent began just before it died may become one between our look and the clearing, and make its folders
  // again; after the clearing none can begin, since the jailer does not make its base folder.
  do {
    await killAll(vm, look, options);
    await ended();
    if (record !== undefined) await tapIsFree(record.tap, options.clock);
    if (record?.cgroup !== undefined) await emptyControlGroup(record.cgroup, options.clock);
    await clearPlace(vm, options.folder);
  } while ((await look()).length > 0);
}
