import { type ChildProcess, spawn } from 'node:child_process';
import { access, open } from 'node:fs/promises';
import type { Clock } from '../../ports/clock.ts';
import { type MachineSpec, type VmEnd, VmStartError } from '../../ports/vm-driver.ts';
import { commandLine } from './command-line.ts';
import { watchConsole } from './console.ts';
import type { HeldVm, QemuDriverOptions } from './driver-options.ts';
import { awaitRunning } from './monitor.ts';
import { clearPlace, type DriverSockets, lastWords, makePlace } from './vm-place.ts';
import { markName, markOf } from './vm-processes.ts';

const lookMs = 5;

/**
 * Starts QEMU and resolves when the guest's processors run.
 * @param off calls it off: it then rejects with the signal's reason, when QEMU is gone.
 * @throws VmStartError
 */
export async function startMachine(
  machine: MachineSpec,
  options: QemuDriverOptions,
  off: AbortSignal,
): Promise<HeldVm> {
  const { vm } = machine;
  await demandFiles(machine);
  const place = await makePlace(vm, options.folder, {
    guestSocketPath: machine.guestSocketPath,
    consolePath: machine.consolePath,
  });
  const words = await open(place.words, 'a', 0o600);
  if (off.aborted) {
    await words.close();
    await clearPlace(vm, options.folder);
    off.throwIfAborted();
  }
  const program = options.program ?? 'qemu-system-x86_64';
  const args = commandLine(machine, options.platform, place.sockets);
  const child = spawn(...inCage(machine.cgroup, program, args), {
    cwd: '/',
    detached: true,
    stdio: ['ignore', words.fd, words.fd],
    // Nothing of the agent's own environment: it may hold secrets (I8).
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', [markName]: markOf(vm, options.folder) },
  });
  const exit = exitOf(child);
  const kill = (): unknown => child.kill('SIGKILL');
  off.addEventListener('abort', kill, { once: true });
  try {
    await words.close();
    await isUp(place.sockets, exit, options.clock);
  } catch (cause) {
    kill();
    const end = await exit;
    const said = await lastWords(place);
    await clearPlace(vm, options.folder);
    off.throwIfAborted();
    throw new VmStartError(`${program} did not start ${vm}: ${said || end.detail}`, { cause });
  } finally {
    off.removeEventListener('abort', kill);
  }
  const console = await watchConsole(place.sockets.console, machine.consolePath);
  const ended = exit.then(async ({ how, detail }) => {
    await console.drained;
    const said = await lastWords(place);
    return { how, detail: said === '' ? detail : `${detail}; ${said}` };
  });
  const letGo = () => {
    console.close();
    child.unref();
  };
  return { running: { vm, pid: child.pid, ended }, letGo };
}

/**
 * The program puts itself into the control group before it becomes QEMU, so that nothing of QEMU was ever outside. `0` stands
 * for whoever writes (Linux, cgroup-v2.rst).
 */
function inCage(cgroup: string | undefined, program: string, args: string[]): [string, string[]] {
  if (cgroup === undefined) return [program, args];
  const script = 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"';
  return ['/bin/sh', ['-c', script, 'sh', cgroup, program, ...args]];
}

async function demandFiles(machine: MachineSpec): Promise<void> {
  const files = [
    ['kernel', machine.kernelPath],
    ['initramfs', machine.initramfsPath],
    ['root file system', machine.rootPath],
    ['scratch disk', machine.scratchPath],
  ] as const;
  for (const [what, path] of files) {
    await access(path).catch((cause: unknown) => {
      throw new VmStartError(`${machine.vm}: its ${what} is missing: ${path}`, { cause });
    });
  }
}

/** Rejects when QEMU ends. */
async function isUp(sockets: DriverSockets, exit: Promise<VmEnd>, clock: Clock): Promise<void> {
  const over = new AbortController();
  const refusal = exit.then((end) => {
    throw new Error(end.detail);
  });
  const running = askUntilRunning(sockets, clock, over.signal);
  // The one that loses the race must not end the agent.
  refusal.catch(() => undefined);
  running.catch(() => undefined);
  try {
    await Promise.race([running, refusal]);
  } finally {
    over.abort();
  }
}

async function askUntilRunning(sockets: DriverSockets, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isRunning = await awaitRunning(sockets.monitor, signal).then(
      () => true,
      // Not there yet; when it never will be, QEMU ends, or whoever waits gives up.
      () => false,
    );
    if (isRunning) return;
    await clock.sleep(lookMs);
  }
}

function exitOf(child: ChildProcess): Promise<VmEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ how: 'crashed', detail: error.message }));
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGINT')
        resolve({ how: 'killed', detail: `ended by ${signal}` });
      else if (signal !== null) resolve({ how: 'crashed', detail: `ended by ${signal}` });
      else resolve({ how: code === 0 ? 'exited' : 'crashed', detail: `exit code ${code}` });
    });
  });
}
