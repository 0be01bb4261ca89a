import type { Traffic } from '../domain/network/traffic.ts';

/** What the VMs of this host have received and sent since the agent started, also those that are gone. */
export interface VmTraffic {
  read(): Promise<Traffic>;
}
