// The host's end of the guest's shell (recipe/root/usr/local/sbin/guest-shell): lines over a virtio-serial port.

import type { ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

export interface CommandResult {
  /** 124 when it took longer than it was given. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface GuestShell {
  run(command: string, timeoutMs: number): Promise<CommandResult>;
  /** Resolves when the guest has booted since it was last ready. */
  nextBoot(patienceMs: number): Promise<void>;
  close(): void;
}

interface Waiting {
  resolve(result: CommandResult): void;
  reject(error: Error): void;
}

/** Resolves when the guest takes commands. */
export async function shellOf(path: string, machine: ChildProcess, patienceMs: number): Promise<GuestShell> {
  const socket = await connectWhenThere(path, machine);
  const waiting = new Map<string, Waiting>();
  const boots = new Set<() => void>();
  let told = 0;
  let gone: Error | undefined;
  const fail = (why: string): void => {
    gone = new Error(why);
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
    for (const wake of boots) wake();
  };
  machine.once('exit', (code, signal) => fail(`the guest's machine ended: ${signal ?? `code ${code}`}`));
  socket.on('error', (error) => fail(`the guest's shell: ${error.message}`));
  createInterface({ input: socket }).on('line', (line) => {
    const [id = '', code = '', stdout = '', stderr = ''] = line.split(' ');
    if (id === 'ready') for (const wake of boots) wake();
    const asked = waiting.get(id);
    waiting.delete(id);
    asked?.resolve({ code: Number(code), stdout: decoded(stdout), stderr: decoded(stderr) });
  });
  const nextBoot = async (ms: number): Promise<void> => {
    const isReady = await within(ms, (resolve) => {
      boots.add(resolve);
      return () => boots.delete(resolve);
    });
    if (gone !== undefined) throw gone;
    if (!isReady) throw new Error(`the guest took more than ${ms} ms to boot`);
  };
  const run = async (command: string, timeoutMs: number): Promise<CommandResult> => {
    if (gone !== undefined) throw gone;
    const id = String(++told);
    const seconds = Math.ceil(timeoutMs / 1000);
    socket.write(`${id} ${seconds} ${Buffer.from(command).toString('base64')}\n`);
    // The guest ends it by itself; one that does not answer at all hangs.
    const over = new AbortController();
    const silence = pause(timeoutMs + 60_000, undefined, { signal: over.signal, ref: false }).then(
      () => waiting.get(id)?.reject(new Error(`the guest does not answer: ${command}`)),
      () => undefined,
    );
    try {
      return await new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    } finally {
      over.abort();
      await silence;
    }
  };
  await nextBoot(patienceMs);
  return { run, nextBoot, close: () => socket.destroy() };
}

/** Whether it was called before the time was up. */
async function within(ms: number, wait: (resolve: () => void) => () => void): Promise<boolean> {
  const over = new AbortController();
  let stop = (): void => undefined;
  const called = new Promise<boolean>((resolve) => {
    const undo = wait(() => resolve(true));
    stop = () => void undo();
  });
  const late = pause(ms, false, { signal: over.signal }).catch(() => false);
  const result = await Promise.race([called, late]);
  over.abort();
  stop();
  return result;
}

async function connectWhenThere(path: string, machine: ChildProcess): Promise<Socket> {
  for (;;) {
    const socket = await new Promise<Socket | undefined>((resolve) => {
      const trial = connect(path);
      trial.once('connect', () => resolve(trial));
      trial.once('error', () => resolve(undefined));
    });
    if (socket !== undefined) return socket;
    if (machine.exitCode !== null) throw new Error(`QEMU ended with ${machine.exitCode} at once`);
    await pause(20);
  }
}

function decoded(field: string): string {
  return field === '=' ? '' : Buffer.from(field, 'base64').toString();
}
