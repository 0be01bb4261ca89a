import type { VmId } from '../../domain/ids.ts';

/** With six letters more, the longest name that a tap device can be made of. */
export const canaryPrefix = 'vm-canary';

/** Whether a VM is the doctor's, who removes it himself: an agent that runs on the host leaves it alone. */
export const isCanary = (vm: VmId | string): boolean => new RegExp(`^${canaryPrefix}[0-9a-f]{6}$`).test(vm);
