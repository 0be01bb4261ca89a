import type { VmId } from '../domain/ids.ts';

/**
 * One byte stream for each VM between the host's agent and the guest's agent. It is not IP: virtio-serial with QEMU,
 * vsock with Firecracker. The stream may break and be opened again (the agent restarts); what must not get lost is
 * numbered and acknowledged a layer above, in `wire/guest-protocol/`.
 */
export interface GuestLink {
  /**
   * Connects to the VM's end of the link.
   * @throws when the VMM's socket is not there; the caller retries until the boot deadline.
   */
  connect(vm: VmId, socketPath: string): Promise<ByteStream>;
}

export interface ByteStream {
  /** Resolves when the bytes are handed over; rejects when the stream is closed. */
  write(bytes: Uint8Array): Promise<void>;
  /** Chunks as they come, ending when the other side closes. May be read once. */
  readonly incoming: AsyncIterable<Uint8Array>;
  close(): void;
}
