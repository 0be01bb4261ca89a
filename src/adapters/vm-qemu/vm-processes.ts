// Which processes of this host are VMs of ours. QEMU gets a mark in its environment, and the relays that it starts for
// forwards inherit it: what a crashed agent left behind is found by the mark alone.

import { type VmId, vmId } from '../../domain/ids.ts';
import type { MarkedProcess, ProcessTable } from '../../ports/process-table.ts';
import { isVmName } from './vm-place.ts';

export const markName = 'BELLOWS_VM';

export interface VmProcess extends MarkedProcess {
  vm: VmId;
  /** QEMU itself; the others are relays. */
  isMachine: boolean;
}

/** The driver's folder is part of the mark, so that two agents on one host do not take each other's VMs. */
export function markOf(vm: VmId, folder: string): string {
  return `${folder}/${vm}`;
}

/** QEMU's `-name`, which shows in process lists. */
export function machineName(vm: VmId): string {
  return `bellows-${vm}`;
}

export async function vmProcesses(folder: string, processes: ProcessTable): Promise<VmProcess[]> {
  const marked = await processes.marked(markName);
  return marked.flatMap((process) => {
    const name = process.value.startsWith(`${folder}/`) ? process.value.slice(folder.length + 1) : '';
    if (!isVmName(name)) return [];
    const vm = vmId(name);
    return [{ ...process, vm, isMachine: process.command.includes(machineName(vm)) }];
  });
}
