// QEMU's monitor (QMP): lines of JSON. Used for one question: does the machine run? Its answer comes from QEMU's main loop,
// which it enters only after every file is open and every device is made.

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

function isRunning(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || !('return' in answer)) return false;
  const { return: status } = answer;
  return typeof status === 'object' && status !== null && 'running' in status && status.running === true;
}
