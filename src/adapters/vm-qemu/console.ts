import type { Socket } from 'node:net';
import { BoundedLog } from './bounded-log.ts';
import { connectTo } from './unix-socket.ts';

export interface WatchedConsole {
  /** Resolves when the console's last byte is in the file. Never rejects. */
  drained: Promise<void>;
  close(): void;
}

/**
 * Copies a VM's serial console into a file that cannot grow without end. QEMU itself would write a file without limit,
 * and a guest is root; so QEMU offers a socket, and what a guest says while no agent lives is lost.
 */
export async function watchConsole(socketPath: string, consolePath: string): Promise<WatchedConsole> {
  const log = new BoundedLog(consolePath);
  // There, though empty, from the start: a guest that boots well says nothing.
  await log.append(new Uint8Array());
  // A VM that has ended already has nothing to say.
  const socket = await connectTo(socketPath).catch(() => undefined);
  if (socket === undefined) return { drained: Promise.resolve(), close: () => undefined };
  return { drained: copy(socket, log), close: () => socket.destroy() };
}

async function copy(socket: Socket, log: BoundedLog): Promise<void> {
  try {
    for await (const chunk of socket) await log.append(chunk);
  } catch {
    // The console is a help for people: a full disk or a broken socket must not end the VM's watch.
    socket.destroy();
  }
}
