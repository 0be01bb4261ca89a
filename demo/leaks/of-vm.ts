import type { Found } from './inventory.ts';

/** Whether it is a VM's and has to be gone with the VM. The log of a VM is kept for a while, on purpose. */
export const isOfVm = ({ kind, what }: Pick<Found, 'kind' | 'what'>): boolean =>
  kind === 'registration' ||
  (/\/vm-|bellows-vm-/.test(what) && !/\/logs\/vm-[0-9a-z]+\.log(\.1)?$/.test(what));
