// What QEMU is told. All of it is readable by every user of the host, so no secret is in it (I8).

import type { MachineNetwork, MachineRates, MachineSpec } from '../../ports/vm-driver.ts';
import { guestPortName } from '../../wire/guest-protocol/limits.ts';
import type { DriverSockets } from './vm-place.ts';
import { machineName } from './vm-processes.ts';

/** `tcg` is QEMU's software emulation. */
export interface Platform {
  acceleration: 'kvm' | 'tcg';
  board: 'microvm' | 'q35';
}

/** QEMU's arguments for one VM. */
export function commandLine(machine: MachineSpec, platform: Platform, sockets: DriverSockets): string[] {
  const device = (kind: string, options = '') => [
    '-device',
    `${kind}-${platform.board === 'microvm' ? 'device' : 'pci'}${options}`,
  ];
  return [
    ...['-name', machineName(machine.vm)],
    ...machineType(platform),
    ...['-smp', String(machine.vcpus), '-m', String(machine.memoryMib)],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-sandbox', sandbox(machine.network)],
    ...dropRoot(machine.network),
    ...['-kernel', machine.kernelPath, '-initrd', machine.initramfsPath],
    ...['-append', [kernelCommandLine(platform), ...addressWords(machine.network)].join(' ')],
    ...['-chardev', `socket,id=monitor,path=${escaped(sockets.monitor)},server=on,wait=off`],
    ...['-mon', 'chardev=monitor,mode=control'],
    ...['-chardev', `socket,id=console,path=${escaped(sockets.console)},server=on,wait=off`],
    ...['-serial', 'chardev:console'],
    ...throttleGroup(machine.rates ?? {}),
    ...[
      '-blockdev',
      limited(rootDisk(machine.rootPath), machine.rates),
      ...device('virtio-blk', ',drive=root'),
    ],
    ...[
      '-blockdev',
      limited(scratchDisk(machine.scratchPath), machine.rates),
      ...device('virtio-blk', ',drive=scratch,werror=report'),
    ],
    ...['-netdev', netdev(machine.network)],
    ...device('virtio-net', networkCard(machine.network, platform)),
    ...device('virtio-rng'),
    ...device('virtio-serial'),
    ...['-chardev', `socket,id=guest,path=${escaped(machine.guestSocketPath)},server=on,wait=off`],
    ...['-device', `virtserialport,chardev=guest,name=${guestPortName}`],
  ];
}

/**
 * With KVM the smallest board there is. In emulation a `microvm` with ACPI hangs at boot and without it has one
 * processor, so there it is q35 without its parts for people. `tb-size` bounds the memory that the emulator takes for
 * translated code (MiB); its default is a gigabyte.
 */
export function machineType({ acceleration, board }: Platform): string[] {
  return [
    ...['-machine', board === 'microvm' ? 'microvm,acpi=on,rtc=on' : 'q35,usb=off,sata=off,smbus=off'],
    ...(acceleration === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', 'tcg,tb-size=64', '-cpu', 'max']),
  ];
}

/**
 * `panic=1 reboot=t` with QEMU's `-no-reboot`: a guest that panics or resets ends its VM. `cryptomgr.notests` saves 0.3 s
 * in emulation; `no_timer_check` since an emulated timer can miss the kernel's test of it.
 */
export function kernelCommandLine({ acceleration }: Platform): string {
  const common = 'console=ttyS0 quiet loglevel=4 panic=1 reboot=t random.trust_cpu=on cryptomgr.notests';
  return acceleration === 'kvm' ? common : `${common} no_timer_check`;
}

interface Disk {
  driver: 'raw';
  file: object;
  [option: string]: unknown;
}

/** One group for both disks: what a VM may read and write in all. */
function throttleGroup({ diskBytesPerSecond: bytes, diskOpsPerSecond: ops }: MachineRates): string[] {
  if (bytes === undefined && ops === undefined) return [];
  const limits = {
    ...(bytes !== undefined && { 'bps-total': bytes }),
    ...(ops !== undefined && { 'iops-total': ops }),
  };
  return ['-object', JSON.stringify({ 'qom-type': 'throttle-group', id: 'disks', limits })];
}

/** The disk as QEMU is to open it, behind the group's limits when there are any. */
function limited(disk: Disk, rates: MachineRates = {}): string {
  if (throttleGroup(rates).length === 0) return JSON.stringify(disk);
  // What the disk is, the limiter must be as well: it is the node that the guest's device sees.
  const { 'node-name': _, ...inner } = disk;
  return JSON.stringify({ ...disk, driver: 'throttle', 'throttle-group': 'disks', file: inner });
}

function rootDisk(path: string): Disk {
  const file = { driver: 'file', filename: path };
  return { driver: 'raw', 'node-name': 'root', 'read-only': true, file };
}

/** What the guest syncs need not reach the host's disk: the file does not outlive the VM. */
function scratchDisk(path: string): Disk {
  const file = { driver: 'file', filename: path, discard: 'unmap', cache: { 'no-flush': true } };
  const cache = { 'no-flush': true };
  return { driver: 'raw', 'node-name': 'scratch', discard: 'unmap', cache, file };
}

/** A relay is a process of its own with a session of its own, which the two last would forbid. */
function sandbox(network: MachineNetwork): string {
  const common = 'on,obsolete=deny,resourcecontrol=deny';
  if (network.kind === 'user' && network.forwards.length > 0) return common;
  // The filter is there before root is dropped, which it would forbid. Afterwards nothing is left to be had: an ordinary
  // user without capabilities, who starts no program.
  const elevate = dropRoot(network).length > 0 ? '' : ',elevateprivileges=deny';
  return `${common}${elevate},spawn=deny`;
}

/** Before the guest runs and after all is opened, QEMU becomes the user whom the VM's tap belongs to. */
function dropRoot(network: MachineNetwork): string[] {
  if (network.kind !== 'tap' || network.owner === 0) return [];
  return ['-runas', `${network.owner}:${network.owner}`];
}

/** What the guest's init is told of its network; with QEMU's own it knows. */
function addressWords(network: MachineNetwork): string[] {
  if (network.kind === 'user') return [];
  const { address, gateway, nameserver, mtu } = network;
  return [`bellows.ip=${address},${gateway},${nameserver},${mtu}`];
}

function networkCard(network: MachineNetwork, { board }: Platform): string {
  const mac = network.kind === 'tap' ? `,mac=${network.mac},host_mtu=${network.mtu}` : '';
  return `,netdev=net${mac}${board === 'microvm' ? '' : ',romfile='}`;
}

/**
 * QEMU starts one relay for each connection that the guest makes to a forward, with its standard input and output as the
 * connection. (A forward straight to a TCP address would be one connection for the VM's whole life.)
 */
function netdev(network: MachineNetwork): string {
  if (network.kind === 'tap') return `tap,id=net,ifname=${network.device},script=no,downscript=no`;
  const forwards = network.forwards.map(
    ({ guestAddress, guestPort, hostAddress, hostPort }) =>
      `,guestfwd=tcp:${guestAddress}:${guestPort}-cmd:busybox nc ${hostAddress} ${hostPort}`,
  );
  return `user,id=net,restrict=${network.restricted ? 'on' : 'off'}${forwards.join('')}`;
}

/** In QEMU's option lists a comma is written twice. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,');
}
