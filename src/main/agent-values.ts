// The agent's settings as its parts want them.

import { join } from 'node:path';
import type { agentSettings } from '../adapters/system/configuration.ts';
import type { ValuesOf } from '../adapters/system/setting.ts';
import { defaultLimits } from '../domain/network/policy.ts';
import type { VmMonitor, VmNetwork } from './vm-parts.ts';

export type AgentValues = ValuesOf<typeof agentSettings>;

export function ratesOf({ diskMbPerSecond, diskOpsPerSecond, networkMbPerSecond }: AgentValues) {
  return {
    ...(diskMbPerSecond !== undefined && { diskBytesPerSecond: Math.round(diskMbPerSecond * 1e6) }),
    ...(diskOpsPerSecond !== undefined && { diskOpsPerSecond }),
    ...(networkMbPerSecond !== undefined && { netBytesPerSecond: Math.round(networkMbPerSecond * 1e6) }),
  };
}

/** How VMs are joined to the world; a flag goes before the setting. */
export function networkOf(values: AgentValues, kind: AgentValues['network'] = values.network): VmNetwork {
  if (kind !== 'tap') return { kind, forwards: values.guestForwards };
  return {
    kind,
    policy: {
      pool: values.vmPool,
      dns: values.vmDns,
      services: values.vmServices,
      allow: values.vmAllow,
      deny: values.vmDeny,
      maxConnections: values.vmConnections,
      connectionsPerSecond: defaultLimits.connectionsPerSecond,
      bytesPerSecond: ratesOf(values).netBytesPerSecond,
    },
    users: values.vmUsers,
  };
}

/** What runs VMs; a flag goes before the setting. */
export function monitorOf(values: AgentValues, kind: AgentValues['driver'] = values.driver): VmMonitor {
  if (kind === 'qemu') return { kind };
  const { firecrackerFolder: folder } = values;
  return {
    kind,
    programs: { firecracker: join(folder, 'firecracker'), jailer: join(folder, 'jailer') },
  };
}

export function offerOf(values: AgentValues) {
  return {
    labels: values.hostLabels,
    ...(values.maxMilliCpus === undefined ? {} : { cpus: values.maxMilliCpus / 1000 }),
    ...(values.maxMemoryMib === undefined ? {} : { memoryMib: values.maxMemoryMib }),
    ...(values.maxBooting === undefined ? {} : { maxBooting: values.maxBooting }),
  };
}
