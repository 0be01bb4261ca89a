// QEMU's user-mode network is part of QEMU: there is nothing to make beforehand, and nothing to take away.

import type { HostNetwork } from '../../ports/host-network.ts';
import type { UserNetwork } from '../../ports/vm-driver.ts';

/** The same for every VM of the host. */
export function userNetwork(options: Omit<UserNetwork, 'kind'>): HostNetwork {
  const network: UserNetwork = { kind: 'user', ...options };
  return { open: async () => network, close: async () => undefined, find: async () => [] };
}
