import type { HostVitals } from '../domain/hosts/vitals.ts';
import type { HostId } from '../domain/ids.ts';

/**
 * The last vitals of each host. They have rows of their own: they change every half minute, and a host's row is what
 * placement, orders and links meet at. Nobody is woken or told by them.
 */
export interface VitalsTable {
  /** Takes the place of what was told of this host before. */
  put(vitals: HostVitals): Promise<void>;
  get(host: HostId): Promise<HostVitals | undefined>;
  /** Of every host that told any. In no order. */
  list(): Promise<readonly HostVitals[]>;
  /** What is not there is success. */
  remove(host: HostId): Promise<void>;
}
