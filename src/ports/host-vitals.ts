import type { ToldVitals } from '../domain/hosts/vitals.ts';

/** Reads how the host does. Takes milliseconds, spawns nothing, changes nothing. */
export interface HostVitalsReader {
  read(): Promise<ToldVitals>;
}
