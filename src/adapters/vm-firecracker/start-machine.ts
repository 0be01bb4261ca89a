import type { Clock } from '../../ports/clock.ts';
import { type MachineSpec, type VmEnd, VmStartError } from '../../ports/vm-driver.ts';
import { configure } from './configure.ts';
import {
  defaultCgroupRoot,
  defaultPatience,
  type FirecrackerDriverOptions,
  type HeldVm,
} from './driver-options.ts';
import { lastComplaint } from './exit-words.ts';
import { jailed, jailOf, newJailId, onHost, placeOf, type VmPlace } from './jail.ts';
import { cgroupBelow, jailerArguments } from './jailer-arguments.ts';
import { lastWords } from './last-words.ts';
import { type Launched, launch } from './launch.ts';
import { demandMachine, type JailedMachine } from './machine-demands.ts';
import type { Program, ProgramVersions } from './programs.ts';
import { featuresOf } from './version.ts';
import { clearPlace, makePlace } from './vm-place.ts';

/** From a broken connection to the news that its process has ended. */
const breakMs = 1000;

export interface StartParts {
  options: FirecrackerDriverOptions;
  versions: ProgramVersions;
}

/**
 * Starts Firecracker in a jail of its own and resolves when the guest's processors run.
 * @param off calls it off: it then rejects with the signal's reason, when the process is gone and its place is cleared.
 * @throws VmStartError
 */
export async function startMachine(spec: MachineSpec, parts: StartParts, off: AbortSignal): Promise<HeldVm> {
  const { options } = parts;
  const machine = await demandMachine(spec, options.users);
  const program = await parts.versions.look(options.programs.firecracker);
  const cgroup = cgroupOf(machine, options);
  const place = placeOf(machine.vm, options.folder);
  await clearPlace(machine.vm, options.folder);
  try {
    off.throwIfAborted();
    return await startInPlace({ machine, program, cgroup, place }, parts, off);
  } catch (cause) {
    await clearPlace(machine.vm, options.folder);
    off.throwIfAborted();
    if (cause instanceof VmStartError) throw cause;
    throw new VmStartError(`cannot make a jail for ${machine.vm} in ${options.folder}`, { cause });
  }
}

interface Coming {
  machine: JailedMachine;
  program: Program;
  cgroup: string | undefined;
  place: VmPlace;
}

async function startInPlace(coming: Coming, { options }: StartParts, off: AbortSignal): Promise<HeldVm> {
  const { machine, program, cgroup, place } = coming;
  const { vm } = machine;
  const features = featuresOf(program.version);
  const pci = features.pci && options.pci !== false;
  const jail = jailOf(place, program.name, newJailId(vm, options.folder));
  const { guestSocketPath, consolePath } = machine;
  const { device: tap, owner: user } = machine.network;
  const held = machine.cgroup === undefined ? {} : { cgroup: machine.cgroup };
  const record = { guestSocketPath, consolePath, tap, user, ...held };
  await makePlace(place, jail, machine, { ...record, programName: program.name, jailId: jail.id });
  off.throwIfAborted();
  const launched = await launch({
    jailer: options.programs.jailer,
    arguments: jailerArguments({ jail, base: place.folder, program: program.path, user, pci, cgroup }),
    place,
    consoleOutput: options.openLog(machine.consolePath),
    logOutput: options.openLog(place.words),
    consoleToStandardOutput: !features.serialFile,
    cgroup: machine.cgroup,
  });
  const { child, exit } = launched;
  await bringUp(launched, { off, clock: options.clock }, (over) =>
    configure({
      machine,
      apiSocket: onHost(jail, jailed.apiSocket),
      pid: child.pid,
      pci,
      arch: options.arch ?? process.arch,
      clock: options.clock,
      patience: options.patience ?? defaultPatience,
      over,
    }),
  ).catch(async (cause: unknown) => {
    throw new VmStartError(`Firecracker did not start ${vm}: ${await wordsFor(cause, place)}`, { cause });
  });
  launched.isUp();
  const ended = exit.then(async (end): Promise<VmEnd> => {
    const said = lastComplaint(await lastWords(place));
    return said === '' ? end : { how: end.how, detail: `${end.detail}; ${said}` };
  });
  const letGo = () => {
    launched.pipes.console.close();
    launched.pipes.log.close();
    child.unref();
  };
  return { running: { vm, pid: child.pid, ended }, letGo };
}

/** Rejects, with the process gone, when the talk fails, when the process ends, or when it is called off. */
async function bringUp(
  { child, exit }: Launched,
  { off, clock }: { off: AbortSignal; clock: Clock },
  talk: (over: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const kill = (): unknown => child.kill('SIGKILL');
  const refusal = exit.then(({ detail }) => {
    const reason = new Error(detail);
    over.abort(reason);
    throw reason;
  });
  const talking = talk(over.signal);
  // The one that loses the race must not end the agent.
  refusal.catch(() => undefined);
  talking.catch(() => undefined);
  off.addEventListener('abort', kill, { once: true });
  try {
    if (off.aborted) kill();
    await Promise.race([talking, refusal]);
  } catch (error) {
    // A connection breaks before we hear why its process ended; the reason is the better word.
    if (isBroken(error)) await Promise.race([refusal, clock.sleep(breakMs, over.signal)]);
    // A failed boot leaves the process as it is (firecracker/src/vmm/src/rpc_interface.rs).
    kill();
    await exit;
    await talking.catch(() => undefined);
    throw error;
  } finally {
    off.removeEventListener('abort', kill);
  }
}

function isBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

async function wordsFor(cause: unknown, place: VmPlace): Promise<string> {
  const said = lastComplaint(await lastWords(place));
  const failed = cause instanceof Error ? cause.message : String(cause);
  return said === '' || failed.includes(said) ? failed : `${failed}; ${said}`;
}

function cgroupOf({ vm, cgroup }: JailedMachine, options: FirecrackerDriverOptions): string | undefined {
  if (cgroup === undefined) return undefined;
  const root = options.cgroupRoot ?? defaultCgroupRoot;
  const below = cgroupBelow(root, cgroup);
  if (below === undefined) throw new VmStartError(`${vm}: its control group is not below ${root}: ${cgroup}`);
  return below;
}
