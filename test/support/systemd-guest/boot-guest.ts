// Boots a Debian with systemd as PID 1 in software emulation, and runs commands in it. For what these machines lack
// themselves: cgroup v2 with systemd, units, quotas, disks that may be formatted, a reboot.
//
// Each boot starts from a snapshot of the same disk, so that nothing of an earlier test is left.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { machineType } from '../../../src/adapters/vm-qemu/command-line.ts';
import type { UserNetwork } from '../../../src/ports/vm-driver.ts';
import { type GuestDisk, type GuestFile, guestPlace } from './guest-place.ts';
import { systemdGuestRoot } from './guest-root.ts';
import { type CommandResult, type GuestShell, shellOf } from './guest-shell.ts';

export interface SystemdGuestOptions {
  /** Empty disks, in the guest `/dev/disk/by-id/virtio-NAME`. What they hold lasts until `close`, also over `reboot`. */
  disks?: readonly GuestDisk[];
  /** By their path in the guest; folders above are made, modes are kept. */
  files?: Readonly<Record<string, GuestFile>>;
  /** What the guest reaches beside itself: nothing else. Addresses in 10.0.2.0/24 but .2, .3 and .15. */
  forwards?: UserNetwork['forwards'];
  vcpus?: number;
  memoryMib?: number;
}

export interface SystemdGuest {
  /** With bash, as root, beside other commands that run. @throws when the guest is gone. */
  run(command: string, timeoutMs?: number): Promise<CommandResult>;
  /** Standard output, trimmed. @throws with both outputs when it ends with another code than 0. */
  ask(command: string, timeoutMs?: number): Promise<string>;
  /** Asks systemd to reboot, and resolves when commands can run again. */
  reboot(): Promise<void>;
  /** What the kernel and systemd wrote to the serial console. */
  console(): Promise<string>;
  /** Ends the machine and removes what it had. */
  close(): Promise<void>;
  readonly bootMs: number;
}

/** Boots take 25 to 60 s here; emulation hangs now and then, so a boot that takes longer is begun once more. */
const bootPatienceMs = 200_000;
const commandPatienceMs = 60_000;

/** @throws with the end of the console when it does not come up, twice. */
export async function bootSystemdGuest(options: SystemdGuestOptions = {}): Promise<SystemdGuest> {
  try {
    return await bootOnce(options);
  } catch (cause) {
    process.stderr.write(`the guest is booted once more: ${String(cause)}\n`);
    return await bootOnce(options);
  }
}

async function bootOnce(options: SystemdGuestOptions): Promise<SystemdGuest> {
  const begun = performance.now();
  const root = await systemdGuestRoot();
  const place = await guestPlace(options.disks ?? [], options.files ?? {});
  const socket = join(place.folder, 'shell');
  const consolePath = join(place.folder, 'console');
  const words = await open(join(place.folder, 'qemu.log'), 'w');
  const args = commandLine(options, { ...root, socket, consolePath, disks: place.disks });
  const machine = spawn('qemu-system-x86_64', args, {
    stdio: ['ignore', words.fd, words.fd],
    // A snapshot's changes lie there.
    env: { ...process.env, TMPDIR: place.folder },
  });
  await words.close();
  let shell: GuestShell | undefined;
  const close = async (): Promise<void> => {
    shell?.close();
    await end(machine);
    await rm(place.folder, { recursive: true, force: true });
  };
  try {
    shell = await shellOf(socket, machine, bootPatienceMs);
    const unpacked = await shell.run(`tar -C / -xf /dev/disk/by-id/virtio-files`, 120_000);
    if (unpacked.code !== 0) throw new Error(`the guest's files: ${unpacked.stderr}`);
  } catch (cause) {
    const tail = [consolePath, join(place.folder, 'qemu.log')].map((path) =>
      readFile(path, 'utf8').catch(String),
    );
    const said = (await Promise.all(tail)).join('\n').slice(-4000);
    await close();
    throw new Error(`the systemd guest does not come up; it said:\n${said}`, { cause });
  }
  return guestWith(shell, { consolePath, close, bootMs: performance.now() - begun });
}

function guestWith(
  shell: GuestShell,
  { consolePath, close, bootMs }: { consolePath: string; close: () => Promise<void>; bootMs: number },
): SystemdGuest {
  const run = (command: string, timeoutMs = commandPatienceMs) => shell.run(command, timeoutMs);
  return {
    run,
    ask: async (command, timeoutMs) => {
      const { code, stdout, stderr } = await run(command, timeoutMs);
      if (code !== 0) throw new Error(`in the guest, ended with ${code}: ${command}\n${stdout}\n${stderr}`);
      return stdout.trim();
    },
    reboot: async () => {
      await shell.run('systemctl --no-block reboot', commandPatienceMs);
      await shell.nextBoot(bootPatienceMs);
    },
    console: () => readFile(consolePath, 'utf8'),
    close,
    bootMs,
  };
}

interface Paths {
  kernelPath: string;
  initramfsPath: string;
  diskPath: string;
  socket: string;
  consolePath: string;
  disks: readonly { name: string; path: string }[];
}

function commandLine(
  { forwards = [], vcpus = 2, memoryMib = 2048 }: SystemdGuestOptions,
  paths: Paths,
): string[] {
  const drive = (name: string, path: string, options = ''): string[] => [
    ...['-drive', `file=${path},format=raw,if=none,id=${name},cache=unsafe${options}`],
    ...['-device', `virtio-blk-pci,drive=${name},serial=${name}`],
  ];
  const relays = forwards.map(
    ({ guestAddress, guestPort, hostAddress, hostPort }) =>
      `,guestfwd=tcp:${guestAddress}:${guestPort}-cmd:busybox nc ${hostAddress} ${hostPort}`,
  );
  return [
    ...['-name', 'bellows-systemd-guest'],
    ...machineType({ acceleration: 'tcg', board: 'q35' }),
    ...['-smp', String(vcpus), '-m', String(memoryMib)],
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-kernel', paths.kernelPath, '-initrd', paths.initramfsPath],
    ...['-append', kernelArguments.join(' ')],
    ...['-serial', `file:${paths.consolePath}`],
    ...drive('root', paths.diskPath, ',snapshot=on'),
    ...paths.disks.flatMap(({ name, path }) => drive(name, path, ',discard=unmap')),
    ...['-netdev', `user,id=net,restrict=on${relays.join('')}`],
    ...['-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ...['-chardev', `socket,id=shell,path=${paths.socket},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=shell,name=bellows.test'],
  ];
}

const kernelArguments = [
  ...['console=ttyS0', 'quiet', 'loglevel=4', 'panic=1', 'reboot=t', 'random.trust_cpu=on', 'no_timer_check'],
  ...['cryptomgr.notests', 'net.ifnames=0', 'systemd.unified_cgroup_hierarchy=1'],
  // Udev would load these for the emulated processor; they cost seconds, and no test needs them.
  'module_blacklist=kvm_amd,kvm_intel,powernow_k8,aesni_intel,ghash_clmulni_intel,crct10dif_pclmul',
];

async function end(machine: ChildProcess): Promise<void> {
  if (machine.exitCode !== null || machine.signalCode !== null) return;
  const gone = once(machine, 'exit');
  machine.kill('SIGKILL');
  await gone;
}
