// The state of one machine in the stand-in: what each call checks and does beyond its description.

import { closeSync, openSync, readSync } from 'node:fs';
import { openable } from './jail-files.ts';
import { LossyOutput } from './output.ts';
import { type Faults, isAtLeast, type Release } from './settings.ts';
import { type FaultName, fault, faultRules, limits, notAfter, notBefore } from './state-rules.ts';
import { type GuestHost, VsockDevice } from './toy-guest.ts';

type Body = Record<string, unknown>;

export class Machine {
  state: 'Not started' | 'Running' = 'Not started';
  readonly #release: Release;
  readonly #pci: boolean;
  readonly #faults: Faults;
  readonly #end: () => void;
  #size = { vcpu_count: 1, mem_size_mib: 128 };
  #boot: { kernel: string; args: string } | undefined;
  readonly #drives = new Map<string, { isRoot: boolean }>();
  readonly #macs = new Map<string, unknown>();
  #vsock: VsockDevice | undefined;
  #serialPath: string | undefined;
  #console: LossyOutput | undefined;

  /** @param end what a reset of the guest does. */
  constructor(options: { release: Release; pci: boolean; faults: Faults; end: () => void }) {
    this.#release = options.release;
    this.#pci = options.pci;
    this.#faults = options.faults;
    this.#end = options.end;
  }

  /** Does what a call asks; the call is as described, and allowed in this state. @throws the fault's message. */
  async act(call: string, body: Body): Promise<void> {
    const act = this.#acts[call];
    await act?.(body);
  }

  readonly #acts: Readonly<Record<string, (body: Body) => void | Promise<void>>> = {
    'PUT /machine-config': (body) => {
      const { vcpu_count, mem_size_mib, smt } = body;
      if (Number(mem_size_mib) <= 0) throw fault('memorySize');
      if (smt === true && Number(vcpu_count) > 1 && Number(vcpu_count) % 2 === 1) throw fault('oddWithSmt');
      this.#size = { vcpu_count: Number(vcpu_count), mem_size_mib: Number(mem_size_mib) };
    },
    'PUT /boot-source': ({ kernel_image_path, initrd_path, boot_args }) => {
      const kernel = attempt('kernelFile', () => openable(String(kernel_image_path), 'read'));
      if (initrd_path !== undefined) attempt('initrdFile', () => openable(String(initrd_path), 'read'));
      this.#boot = { kernel, args: String(boot_args ?? '') };
    },
    'PUT /drives/{drive_id}': ({ drive_id, path_on_host, is_root_device, is_read_only }) => {
      const others = [...this.#drives].filter(([id]) => id !== drive_id);
      if (is_root_device === true && others.some(([, { isRoot }]) => isRoot)) throw fault('rootTwice');
      attempt('driveFile', () => openable(String(path_on_host), is_read_only === true ? 'read' : 'write'));
      this.#drives.set(String(drive_id), { isRoot: is_root_device === true });
    },
    'PUT /network-interfaces/{iface_id}': ({ iface_id, host_dev_name, guest_mac }) => {
      if (Buffer.byteLength(String(host_dev_name)) > limits.deviceNameBytes) throw fault('deviceName');
      if (this.#faults.tapMissing === true) throw fault('tapMissing', `${String(host_dev_name)}.`);
      const isUsed = [...this.#macs].some(([id, mac]) => id !== iface_id && mac === guest_mac);
      if (isUsed) throw fault('macTwice', String(guest_mac));
      this.#macs.set(String(iface_id), guest_mac);
    },
    'PUT /vsock': async ({ uds_path }) => {
      const vsock = new VsockDevice(this.#guestHost);
      await vsock.bind(String(uds_path)).catch((error: unknown) => {
        const words = String(error).includes('EADDRINUSE') ? 'Address in use (os error 98)' : String(error);
        throw fault('vsockPath', words);
      });
      this.#vsock = vsock;
    },
    'PUT /balloon': ({ amount_mib }) => {
      if (Number(amount_mib) > this.#size.mem_size_mib) throw fault('balloonSize');
    },
    'PUT /serial': ({ serial_out_path }) => {
      this.#serialPath = serial_out_path === undefined ? undefined : String(serial_out_path);
    },
    'PUT /actions': ({ action_type }) => {
      const isRunning = this.state === 'Running';
      if (action_type !== 'InstanceStart') {
        if (!isRunning) throw new Error(notBefore);
        return;
      }
      if (isRunning) throw new Error(notAfter);
      this.#start();
    },
  };

  readonly #guestHost: GuestHost = {
    console: (text) => this.#console?.write(text),
    reset: () => this.#end(),
  };

  /** A start that fails leaves everything as it was, the process too. */
  #start(): void {
    if (this.#boot === undefined) throw fault('noKernel');
    if (this.#faults.bootFails !== undefined) throw new Error(this.#faults.bootFails);
    this.#demandCommandLine(this.#boot.args);
    const problem = kernelProblem(this.#boot.kernel, this.#release);
    if (problem !== undefined) throw fault('kernelFormat', problem);
    this.#console = new LossyOutput(this.#serialPath === undefined ? 1 : openable(this.#serialPath, 'write'));
    this.state = 'Running';
    this.#console.write('Linux version 6.1 (stand-in)\n');
    this.#vsock?.start(this.#faults.guestListensAfterMs ?? 0);
  }

  #demandCommandLine(args: string): void {
    const appended = [
      ...(this.#pci || !isAtLeast(this.#release, '1.13') ? [] : [' pci=off']),
      ...([...this.#drives.values()].some(({ isRoot }) => isRoot) ? [' root=/dev/vda ro'] : []),
    ];
    if (Buffer.byteLength(args + appended.join('')) > limits.commandLineBytes) throw fault('commandLine');
  }
}

function kernelProblem(file: string, release: Release): string | undefined {
  const header = Buffer.alloc(0x206);
  const fd = openSync(file, 'r');
  readSync(fd, header, 0, header.length, 0);
  closeSync(fd);
  if (header.toString('latin1', 0, 4) === '\x7fELF') return undefined;
  const isBzImage = header.toString('latin1', 0x202, 0x206) === 'HdrS';
  return isBzImage && isAtLeast(release, '1.17') ? undefined : 'Invalid ELF magic number';
}

function attempt<T>(name: FaultName, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`${faultRules[name].words}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
