// QEMU's monitor (QMP): lines of JSON, for one client at a time. Used for two questions. Does the machine run? The answer comes
// from QEMU's main loop, which it enters only after every file is open and every device is made. And of one that an earlier
// agent started, whose exit code nobody gets: did its guest shut down?

import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connectTo } from './unix-socket.ts';

/** Resolves when the guest's processors run. @throws when the monitor is not there, or closes before it says so. */
export async function awaitRunning(socketPath: string, signal: AbortSignal): Promise<void> {
  const socket = await connectTo(socketPath);
  const stop = () => socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    socket.write('{"execute":"qmp_capabilities"}\n{"execute":"query-status"}\n');
    for await (const line of createInterface({ input: socket })) {
      const answer: unknown = JSON.parse(line);
      if (isRunning(answer)) return;
    }
    throw new Error('the monitor closed without an answer');
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

export interface WatchedMonitor {
  /** Settles when the monitor closes, which it does with QEMU; undefined when there was none. Never rejects. */
  guestShutDown: Promise<boolean | undefined>;
  close(): void;
}

/** Listens for the event that QEMU sends when its guest shuts down, resets or panics (qapi/run-state.json, SHUTDOWN). */
export async function watchShutdown(socketPath: string): Promise<WatchedMonitor> {
  const socket = await connectTo(socketPath).catch(() => undefined);
  if (socket === undefined) return { guestShutDown: Promise.resolve(undefined), close: () => undefined };
  socket.write('{"execute":"qmp_capabilities"}\n');
  return { guestShutDown: heardShutdown(socket), close: () => socket.destroy() };
}

async function heardShutdown(socket: Socket): Promise<boolean> {
  let heard = false;
  try {
    for await (const line of createInterface({ input: socket })) heard ||= isGuestShutdown(JSON.parse(line));
  } catch {
    // Broken off: what was heard until then counts.
    socket.destroy();
  }
  return heard;
}

function isGuestShutdown(said: unknown): boolean {
  if (typeof said !== 'object' || said === null || !('event' in said) || said.event !== 'SHUTDOWN')
    return false;
  const data = 'data' in said ? said.data : undefined;
  return typeof data === 'object' && data !== null && 'guest' in data && data.guest === true;
}

function isRunning(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || !('return' in answer)) return false;
  const { return: status } = answer;
  return typeof status === 'object' && status !== null && 'running' in status && status.running === true;
}
