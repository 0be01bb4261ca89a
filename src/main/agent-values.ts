// The agent's settings as its parts want them.

import type { agentSettings } from '../adapters/system/configuration.ts';
import type { ValuesOf } from '../adapters/system/setting.ts';

export type AgentValues = ValuesOf<typeof agentSettings>;

export function ratesOf({ diskMbPerSecond, diskOpsPerSecond, networkMbPerSecond }: AgentValues) {
  return {
    ...(diskMbPerSecond !== undefined && { diskBytesPerSecond: Math.round(diskMbPerSecond * 1e6) }),
    ...(diskOpsPerSecond !== undefined && { diskOpsPerSecond }),
    ...(networkMbPerSecond !== undefined && { netBytesPerSecond: Math.round(networkMbPerSecond * 1e6) }),
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
