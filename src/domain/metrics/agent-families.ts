// The metrics of one host, as its agent tells them by itself.

import { counter, type Family, gauge, type Labels } from './family.ts';

export interface AgentLook {
  version: string;
  driver: string;
  /** The states of the VMs that are here. */
  vms: readonly string[];
  load: readonly [number, number, number];
  memoryBytes: number;
  memoryAvailableBytes: number;
  diskBytes: number;
  diskFreeBytes: number;
  egress?: { receivedBytes: number; sentBytes: number };
  /** Of all VMs since the agent started; absent where VMs have no taps. */
  vmTraffic?: { receivedBytes: number; sentBytes: number };
}

export const agentVmStates = [
  'preparing',
  'starting',
  'booted',
  'running',
  'stopping',
  'unknown-to-you',
] as const;

export function agentFamilies(look: AgentLook): readonly Family[] {
  const one = (value: number, labels: Labels = {}) => [{ labels, value }];
  const [load1, load5, load15] = look.load;
  const { egress, vmTraffic } = look;
  return [
    gauge(
      'bellows_agent_build_info',
      'The agent that answers; always 1.',
      one(1, { version: look.version, driver: look.driver }),
    ),
    gauge(
      'bellows_agent_vms',
      'VMs on this host, by what the agent sees of them.',
      agentVmStates.map((state) => ({
        labels: { state },
        value: look.vms.filter((other) => other === state).length,
      })),
    ),
    gauge('bellows_agent_load1', 'Load of the host over one minute.', one(load1)),
    gauge('bellows_agent_load5', 'Load of the host over five minutes.', one(load5)),
    gauge('bellows_agent_load15', 'Load of the host over fifteen minutes.', one(load15)),
    gauge('bellows_agent_memory_bytes', 'Memory of the host.', one(look.memoryBytes)),
    gauge(
      'bellows_agent_memory_available_bytes',
      'Memory that new programs could have.',
      one(look.memoryAvailableBytes),
    ),
    gauge('bellows_agent_disk_bytes', "Size of the file system with the VMs' disks.", one(look.diskBytes)),
    gauge('bellows_agent_disk_free_bytes', 'What is free of it.', one(look.diskFreeBytes)),
    counter(
      'bellows_agent_egress_received_bytes_total',
      'Received over the default route since the boot, by VMs and by the host itself.',
      egress === undefined ? [] : one(egress.receivedBytes),
    ),
    counter(
      'bellows_agent_egress_sent_bytes_total',
      'Sent over the default route since the boot.',
      egress === undefined ? [] : one(egress.sentBytes),
    ),
    counter(
      'bellows_agent_vms_received_bytes_total',
      'Received by VMs over their taps since the agent started, also by those that are gone.',
      vmTraffic === undefined ? [] : one(vmTraffic.receivedBytes),
    ),
    counter(
      'bellows_agent_vms_sent_bytes_total',
      'Sent by VMs over their taps since the agent started.',
      vmTraffic === undefined ? [] : one(vmTraffic.sentBytes),
    ),
  ];
}
