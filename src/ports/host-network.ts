import type { VmId } from '../domain/ids.ts';
import type { MachineNetwork } from './vm-driver.ts';

/**
 * What joins a VM to the world. A VM's part is made before its VMM starts and taken away after the VMM is gone; nobody but
 * the VM itself uses it.
 */
export interface HostNetwork {
  /**
   * Makes the VM's network, or finds it made: the same answer both times.
   * @throws NetworkError when the host cannot have one, with what the operator can do.
   */
  open(vm: VmId): Promise<MachineNetwork>;
  /** Takes it away with every rule about it. What is not there is success. */
  close(vm: VmId): Promise<void>;
  /** The VMs that have one here, read from the host itself, so that what a crash left behind is found. */
  find(): Promise<readonly VmId[]>;
}

export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}
