// Which processes of this host are VMs of ours. The jailer wipes its environment, so there is no mark in it; what both jailer
// and Firecracker carry is the jail's id among their arguments. Together with the user it says whose they are.

import { type VmId, vmId } from '../../domain/ids.ts';
import type { FlaggedProcess, ProcessTable } from '../../ports/process-table.ts';
import { nameInJailId } from './jail.ts';

export interface VmProcess extends FlaggedProcess {
  vm: VmId;
}

export async function vmProcesses(
  folder: string,
  processes: ProcessTable,
  isOurs: (user: number) => boolean,
): Promise<VmProcess[]> {
  const own = process.getuid?.();
  const flagged = await processes.flagged('--id');
  return flagged.flatMap((found) => {
    const name = nameInJailId(found.value, folder);
    // Before it changes into the VM's user, the jailer runs as we do. Anybody may write the same arguments.
    const isPossible = found.uid === own || isOurs(found.uid);
    return name === undefined || !isPossible ? [] : [{ ...found, vm: vmId(name) }];
  });
}
