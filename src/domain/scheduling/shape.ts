// How big a VM is, as its label asks for it.

export type Arch = 'x64' | 'arm64';

export interface VmShape {
  /** Thousandths of a processor: 250 is a quarter, 4000 is four. */
  milliCpus: number;
  memoryMib: number;
  diskGib: number;
  /** `any`: whichever architecture has room. */
  arch: Arch | 'any';
  /** May use idle processor time beyond its share. */
  burstable: boolean;
  /** Extra labels that the host must carry too, such as `gpu`. */
  hostLabels: readonly string[];
}

/** Virtual processors that the guest sees: a fraction still needs a whole one. */
export const vcpusOf = (shape: Pick<VmShape, 'milliCpus'>): number =>
  Math.max(1, Math.ceil(shape.milliCpus / 1000));
