/** The machine that every measurement boots. */
export interface Machine {
  vcpus: number;
  memoryMib: number;
  scratchGib: number;
}

/** As in bare.sh. */
export const benchMachine: Machine = { vcpus: 2, memoryMib: 1024, scratchGib: 8 };

/** A boot that takes longer than this is a hang. */
export const patienceMs = 180_000;
