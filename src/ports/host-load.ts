/** What the whole host is doing now, whoever uses it. */
export interface HostLoad {
  /** @param folder on the file system that VMs' disks lie on. */
  read(folder: string): Promise<HostLoadFacts>;
}

export interface HostLoadFacts {
  /** Processes that run or wait, averaged over 1, 5 and 15 minutes. */
  load: readonly [number, number, number];
  memoryBytes: number;
  /** What new programs could have without swapping. */
  memoryAvailableBytes: number;
  diskBytes: number;
  diskFreeBytes: number;
  /** Bytes over the interfaces of the default routes since the boot, VMs' and the host's own; absent where there is no route. */
  egress?: { receivedBytes: number; sentBytes: number };
}
